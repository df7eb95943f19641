import { rm } from 'node:fs/promises';
import net, { type Server, type Socket } from 'node:net';
import { formatAddress, type LinkAddress } from '../runtime/config/address.ts';
import { explainSystemError, StartupError } from '../runtime/startup-error.ts';

/**
 * Throws a `StartupError` if a server answers on this Unix socket; removes the file of one that was killed. Nothing is
 * done for TCP, where the kernel knows.
 */
export async function claimAddress(address: LinkAddress): Promise<void> {
  if (!('path' in address)) return;
  if (await answers(address.path))
    throw new StartupError('DATA_IN_USE', `another repository server is running on ${address.path}`);
  await rm(address.path, { force: true });
}

function answers(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = net.connect({ path });
  probe.on('connect', () => resolve(true));
  probe.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EAGAIN'));
  return promise.finally(() => probe.destroy());
}

/** Listens; a Unix socket can be used by its owner alone. Throws a `StartupError`. */
export async function listen(
  address: LinkAddress,
  maxConnections: number,
  onConnection: (socket: Socket) => void,
): Promise<Server> {
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, onConnection);
  server.maxConnections = maxConnections;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).once('listening', resolve);
  // The socket is made within the call, so that no moment is left in which others could connect.
  const umask = process.umask(0o177);
  try {
    server.listen(address);
  } finally {
    process.umask(umask);
  }
  await promise.catch((cause: unknown) => {
    const message = `cannot listen on ${formatAddress(address)} for gateways: ${explainSystemError(cause)}`;
    throw new StartupError('ADDRESS_NOT_USABLE', message, { cause });
  });
  server.removeAllListeners('error').on('error', () => {}); // Failed accepts; the listener stays.
  return server;
}
