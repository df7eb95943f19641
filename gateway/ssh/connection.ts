/**
 * What the rest of the gateway sees of SSH: connections that offer keys, and channels that run one command each.
 * The implementation over ssh2 is in this folder; nothing outside it knows ssh2.
 */
import type { SshFault } from './fault.ts';

/** One `publickey` request (RFC 4252 §7), as the client sent it. Nothing in it is verified. */
export type PublicKeyAttempt = {
  readonly loginName: string;
  /** As requested, with RSA's real one: `ssh-ed25519`, `ecdsa-sha2-nistp256`, `rsa-sha2-512`, … or `ssh-rsa` (SHA-1). */
  readonly algorithm: string;
  /** The public key blob of this very attempt. */
  readonly keyBlob: Buffer;
  /** Absent when the client only asks whether the key would do. */
  readonly proof?: {
    /** `string algorithm, string signature[, flags, counter]`, whole. */
    readonly signature: Buffer;
    /** What must have been signed, session identifier included. */
    readonly signedData: Buffer;
  };
};

/** Decides one attempt. `true` admits (PK_OK for a question, SUCCESS for a proof). */
export type Authenticate = (attempt: PublicKeyAttempt) => boolean;

/** RFC 4253 §11.1. */
export type DisconnectReason = 'ByApplication' | 'TooManyConnections' | 'NoMoreAuthMethods' | 'ServiceNotAvailable';

/** One client connection. Every callback is set once, synchronously, in the server's `onConnection`. */
export interface SshConnection {
  /** The software version of the client's identification line; at most 255 bytes, printable ASCII. */
  readonly clientVersion: string;
  authenticate: Authenticate;
  /** Before each attempt, of whatever method: whom it is for. At most 255 bytes, whatever they are. */
  onLoginName: (loginName: string) => void;
  /** The client is in; called once, after a proof was admitted. */
  onLogin: () => void;
  /** Only after login. The channel is open and accepted; `start` describes what to run in it. */
  onCommand: (channel: SshChannel, start: CommandRequest) => void;
  /** The last call on this connection. `fault` when it did not end in good order. */
  onClose: (fault?: SshFault) => void;
  /** Channels now open, those without a command included. */
  readonly openChannels: number;
  /** Negotiated names, for the log: `kex`, `hostKey`, `cipher`. Undefined before the key exchange ended. */
  readonly algorithms: { readonly kex: string; readonly hostKey: string; readonly cipher: string } | undefined;
  /** Sends SSH_MSG_DISCONNECT with `message` and closes; repeatable. */
  disconnect(reason: DisconnectReason, message: string): void;
}

/** `exec` with its command, or `shell` (a plain `ssh git@host`), which carries none. */
export type CommandRequest = {
  readonly command: string | undefined;
  /** `GIT_PROTOCOL`, if the client sent it; every other variable was ignored. */
  readonly gitProtocol: string | undefined;
};

/**
 * One session channel with back-pressure on every side. Bytes that arrive before `onData` is set are kept (they are
 * bounded by the channel's window).
 */
export interface SshChannel {
  /** Aborted when the channel or its connection is gone, however that came about. */
  readonly closed: AbortSignal;
  /**
   * Sends on stdout. Takes the bytes before it returns, so that the caller may use its buffer again.
   * `false`: stop until `onDrain` is called.
   */
  write(bytes: Buffer): boolean;
  /** The same for stderr; its queue and stdout's are apart, so neither can hold the other back. */
  writeStderr(bytes: Buffer): boolean;
  onDrain: () => void;
  onStderrDrain: () => void;
  /**
   * Bytes from the client; `false` stops them until `resume()`. They may be kept until `release` is called, once; who
   * never calls it leaves the buffer to the garbage collector.
   */
  onData: (bytes: Buffer, release: () => void) => boolean;
  /** The client sent EOF: nothing more comes, but what is written still reaches it. */
  onEnd: () => void;
  resume(): void;
  /** Flushes both outputs, then exit status, EOF and close; in that order, once. */
  exit(status: number): void;
  /**
   * Ends the channel now, for a session that is no longer allowed: drops what stdout and stderr still hold, sends
   * `message` on stderr as far as the client's window has room, then exit status, EOF and close. Repeatable, also after
   * `exit`; the connection's other channels go on.
   */
  abort(status: number, message: Buffer): void;
}
