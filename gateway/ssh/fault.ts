import { WireError } from '../../core/ssh/wire.ts';

/** What ended a connection that did not end in good order; `isOurFault` says whose doing that was. */
export type SshFaultCode =
  /** The client broke the protocol, or the bytes were not authentic. */
  | 'SSH_PROTOCOL_ERROR'
  /** The stream ended without a good-bye, or the client's own DISCONNECT names an error. */
  | 'SSH_CONNECTION_LOST'
  /** The client did not agree to an algorithm or failed the key exchange. */
  | 'SSH_KEY_EXCHANGE_FAILED'
  /** The client has failed to log in as often as it may: most often an agent that offers many keys. */
  | 'SSH_TOO_MANY_ATTEMPTS'
  /** The client asked for more than a bound allows. */
  | 'SSH_LIMIT_EXCEEDED'
  /** The client did not answer keepalives. */
  | 'SSH_KEEPALIVE_TIMEOUT'
  /** A callback of the connection's owner threw; see `cause`. */
  | 'SSH_HANDLER_FAILED'
  /** This folder's own code threw; see `cause`. */
  | 'SSH_INTERNAL_ERROR';

/** The others are the client's or the network's. */
export const isOurFault: Readonly<Record<SshFaultCode, boolean>> = {
  SSH_PROTOCOL_ERROR: false,
  SSH_CONNECTION_LOST: false,
  SSH_KEY_EXCHANGE_FAILED: false,
  SSH_TOO_MANY_ATTEMPTS: false,
  SSH_LIMIT_EXCEEDED: false,
  SSH_KEEPALIVE_TIMEOUT: false,
  SSH_HANDLER_FAILED: true,
  SSH_INTERNAL_ERROR: true,
};

/** `message` is for the client too: it names nothing of ours, which is in `cause`. */
export class SshFault extends Error {
  override readonly name = 'SshFault';
  readonly code: SshFaultCode;

  constructor(code: SshFaultCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Whose fault it is that our code threw. The client's bytes are read with `WireReader` alone, so all else is ours. */
export function toFault(error: unknown): SshFault {
  if (error instanceof SshFault) return error;
  if (error instanceof WireError) return new SshFault('SSH_PROTOCOL_ERROR', 'a message is malformed', { cause: error });
  return new SshFault('SSH_INTERNAL_ERROR', 'the server failed', { cause: error });
}

/** Runs our code where others would take what it throws for the client's doing. */
export function asOurs<Result>(action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw toFault(error);
  }
}

/** Runs code of the connection's owner: whatever it throws is never the client's doing. */
export function asOwner<Result>(action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if (error instanceof SshFault) throw error;
    throw new SshFault('SSH_HANDLER_FAILED', 'the server failed', { cause: error });
  }
}
