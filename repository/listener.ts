import { rm } from 'node:fs/promises';
import net, { type Server, type Socket } from 'node:net';
import { ServerFault } from './fault.ts';

export type ListenAddress = { readonly path: string } | { readonly host: string; readonly port: number };

/**
 * Throws `DataFolderInUse` if a server answers on this Unix socket; removes the file of one that was killed. Nothing is
 * done for TCP, where the kernel knows.
 */
export async function claimAddress(address: ListenAddress): Promise<void> {
  if (!('path' in address)) return;
  if (await answers(address.path))
    throw new ServerFault('DataFolderInUse', `another repository server is running on ${address.path}`);
  await rm(address.path, { force: true });
}

function answers(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = net.connect({ path });
  probe.on('connect', () => resolve(true));
  probe.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EAGAIN'));
  return promise.finally(() => probe.destroy());
}

/** Listens; a Unix socket can be used by its owner alone. Throws `CannotListen`. */
export async function listen(
  address: ListenAddress,
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
    throw new ServerFault('CannotListen', `cannot listen on ${formatAddress(address)}: ${String(cause)}`, { cause });
  });
  server.removeAllListeners('error').on('error', () => {}); // Failed accepts; the listener stays.
  return server;
}

export const formatAddress = (address: ListenAddress): string =>
  'path' in address ? address.path : `${address.host}:${address.port}`;
