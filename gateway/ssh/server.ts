import type { Socket } from 'node:net';
import type { SshConnection } from './connection.ts';
import { loadHostKeys } from './host-keys.ts';
import { createTransportOffer } from './internals.ts';
import { serveConnection } from './serve-connection.ts';
import { type ConnectionOptions, defaultMaxBufferedBytes, type SshServerOptions } from './server-options.ts';

export interface SshServer {
  /**
   * Speaks SSH on a socket that was just accepted, and that nobody has read from. `onConnection` is called once the
   * client has identified itself, which may be never: the time for the login is the caller's to limit. From then on the
   * connection's `onClose` is called exactly once; before, the socket's own `close` is all there is.
   */
  accept(socket: Socket, onConnection: (connection: SshConnection) => void): void;
}

/** @throws Error when a host key or the software version is unusable. */
export function createSshServer({ hostKeys, ...options }: SshServerOptions): SshServer {
  if (!/^[\x21-\x7e]{1,200}$/.test(options.softwareVersion)) {
    throw new Error('the software version must be printable ASCII without spaces, at most 200 characters');
  }
  const offer = createTransportOffer(loadHostKeys(hostKeys));
  const connectionOptions: ConnectionOptions = { maxBufferedBytes: defaultMaxBufferedBytes, ...options };
  return {
    accept: (socket, onConnection) => serveConnection(socket, offer, connectionOptions, onConnection),
  };
}
