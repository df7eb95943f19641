import type { LoginFailure } from './events.ts';
import type { SshFault } from './ssh/fault.ts';

/** Why a connection ended before anybody had logged in. */
export function loginFailureOf(fault: SshFault | undefined, isLate: boolean): LoginFailure {
  if (isLate) return 'GraceTimeExceeded';
  if (fault === undefined) return 'ClientLeft';
  switch (fault.code) {
    case 'SSH_TOO_MANY_ATTEMPTS':
      return 'TooManyAttempts';
    case 'SSH_LIMIT_EXCEEDED':
      return 'LimitExceeded';
    case 'SSH_KEY_EXCHANGE_FAILED':
      return 'KeyExchangeFailed';
    case 'SSH_CONNECTION_LOST':
    case 'SSH_KEEPALIVE_TIMEOUT':
      return 'ConnectionLost';
    case 'SSH_PROTOCOL_ERROR':
      return 'ProtocolError';
    default:
      return 'ServerFault';
  }
}
