import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import type { TlsMaterial } from './credentials.ts';

/** There was no connection on which anything could have been sent. */
export class NotConnected extends Error {
  readonly code = 'NOT_CONNECTED';
}

const keepAliveMs = 15_000;

/** A socket that begins to connect to the host of `origin`, and offers HTTP/2 before HTTP/1.1. */
export function startTlsSocket(origin: string, tls: TlsMaterial): TLSSocket {
  const { hostname, port } = new URL(origin);
  // An IPv6 address has brackets in a URL, and nowhere else.
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  // SNI takes names alone (RFC 6066 §3).
  const servername = isIP(host) === 0 ? host : '';
  const target = { host, port: Number(port || 443), ALPNProtocols: ['h2', 'http/1.1'] };
  const socket = connect({ servername, ...tls, ...target });
  socket.setNoDelay(true).setKeepAlive(true, keepAliveMs);
  // Of its end, whatever runs over it hears.
  return socket.on('error', () => {});
}

/** Resolves after the handshake. Rejects with `NotConnected` when the socket ended before, also because it took too long. */
export async function untilSecure(socket: TLSSocket, timeoutMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const late = new Error(`no connection within ${timeoutMs} ms`);
  const timer = setTimeout(() => socket.destroy(late), timeoutMs);
  const onError = (cause: NodeJS.ErrnoException): void =>
    reject(new NotConnected(cause.message || cause.code || 'unknown', { cause }));
  const onClose = (): void => reject(new NotConnected('the connection was closed'));
  socket.once('secureConnect', resolve).once('error', onError).once('close', onClose);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    socket.off('secureConnect', resolve).off('error', onError).off('close', onClose);
  }
}
