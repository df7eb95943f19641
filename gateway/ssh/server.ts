import type { Socket } from 'node:net';
import type { SshConnection } from './connection.ts';
import { loadHostKeys } from './host-keys.ts';
import { createTransportOffer } from './internals.ts';
import { serveConnection } from './serve-connection.ts';

export type SshServerOptions = {
  /** Unencrypted private keys as OpenSSH writes them, at most one of each type. */
  readonly hostKeys: readonly string[];
  /** What follows `SSH-2.0-` in the identification line: printable ASCII without spaces. */
  readonly softwareVersion: string;
  /** What users may prove themselves with, best first: announced as `server-sig-algs` (RFC 8308). */
  readonly signatureAlgorithms: readonly string[];
  /** New keys after so many bytes in both directions together, and after so much time. */
  readonly rekey: { readonly bytes: number; readonly intervalMs: number };
  /** Every `intervalMs` a client is asked whether it is there; after `maxMissed` questions without a word it is gone. */
  readonly keepalive: { readonly intervalMs: number; readonly maxMissed: number };
  /** Open at once on one connection. */
  readonly maxChannels: number;
  /** Failed attempts to log in on one connection. */
  readonly maxAttempts: number;
  /** Bytes of one connection that may wait in memory for its socket. */
  readonly maxBufferedBytes: number;
};

export interface SshServer {
  /**
   * Speaks SSH on a socket that was just accepted, and that nobody has read from. `onConnection` is called once the
   * client has identified itself, which may be never: the time for the login is the caller's to limit. From then on the
   * connection's `onClose` is called exactly once; before, the socket's own `close` is all there is.
   */
  accept(socket: Socket, onConnection: (connection: SshConnection) => void): void;
}

/** @throws Error when a host key or the software version is unusable. */
export const createSshServer = (options: SshServerOptions): SshServer => {
  if (!/^[\x21-\x7e]{1,200}$/.test(options.softwareVersion)) {
    throw new Error('the software version must be printable ASCII without spaces, at most 200 characters');
  }
  const offer = createTransportOffer(loadHostKeys(options.hostKeys));
  return {
    accept: (socket, onConnection) => serveConnection(socket, offer, options, onConnection),
  };
};
