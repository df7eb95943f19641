import type { LoginFailure } from './events.ts';
import type { SshFault, SshFaultCode } from './ssh/fault.ts';

/** How a connection came to its end before anybody had logged in. */
type LoginEnd = {
  readonly fault: SshFault | undefined;
  /** The grace time was over. */
  readonly isLate: boolean;
  /** A key was refused. */
  readonly isRefused: boolean;
};

/** Clients that are refused leave without a word, as those do whose network fails: what came before tells them apart. */
export function loginFailureOf({ fault, isLate, isRefused }: LoginEnd): LoginFailure {
  if (isLate) return 'GraceTimeExceeded';
  const failure = fault === undefined ? 'ClientLeft' : failures[fault.code];
  return isRefused && (failure === 'ClientLeft' || failure === 'ConnectionLost') ? 'Rejected' : failure;
}

const failures: Readonly<Record<SshFaultCode, LoginFailure>> = {
  SSH_PROTOCOL_ERROR: 'ProtocolError',
  SSH_CONNECTION_LOST: 'ConnectionLost',
  SSH_KEY_EXCHANGE_FAILED: 'KeyExchangeFailed',
  SSH_TOO_MANY_ATTEMPTS: 'TooManyAttempts',
  SSH_LIMIT_EXCEEDED: 'LimitExceeded',
  SSH_KEEPALIVE_TIMEOUT: 'ConnectionLost',
  SSH_HANDLER_FAILED: 'ServerFault',
  SSH_INTERNAL_ERROR: 'ServerFault',
};
