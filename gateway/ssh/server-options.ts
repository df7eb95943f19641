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
  /** Bytes of one connection that may wait in memory for its socket; 1 MiB if absent. */
  readonly maxBufferedBytes?: number;
};

/** What each connection needs of it, complete. */
export type ConnectionOptions = Required<Omit<SshServerOptions, 'hostKeys'>>;

export const defaultMaxBufferedBytes = 1024 * 1024;
