import type { LoginFailure } from './events.ts';
import type { SshFault } from './ssh/fault.ts';

/** How a connection came to its end before anybody had logged in. */
export type LoginEnd = {
  readonly fault: SshFault | undefined;
  /** The grace time was over. */
  readonly isLate: boolean;
  /** A key was refused. */
  readonly isRefused: boolean;
};

/** Clients that are refused leave without a word, as those do whose network fails: what came before tells them apart. */
export function loginFailureOf({ fault, isLate, isRefused }: LoginEnd): LoginFailure {
  if (isLate) return 'GraceTimeExceeded';
  if (fault === undefined) return isRefused ? 'Rejected' : 'ClientLeft';
  switch (fault.code) {
    case 'SSH_TOO_MANY_ATTEMPTS':
      return 'TooManyAttempts';
    case 'SSH_LIMIT_EXCEEDED':
      return 'LimitExceeded';
    case 'SSH_KEY_EXCHANGE_FAILED':
      return 'KeyExchangeFailed';
    case 'SSH_CONNECTION_LOST':
    case 'SSH_KEEPALIVE_TIMEOUT':
      return isRefused ? 'Rejected' : 'ConnectionLost';
    case 'SSH_PROTOCOL_ERROR':
      return 'ProtocolError';
    default:
      return 'ServerFault';
  }
}
