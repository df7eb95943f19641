import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoginFailure } from './events.ts';
import { loginFailureOf } from './login-failure.ts';
import { isOurFault, SshFault, type SshFaultCode } from './ssh/fault.ts';

/** What it is if no key was refused, and if one was. */
const rows: readonly [code: SshFaultCode | undefined, unrefused: LoginFailure, refused: LoginFailure][] = [
  [undefined, 'ClientLeft', 'Rejected'],
  ['SSH_CONNECTION_LOST', 'ConnectionLost', 'Rejected'],
  ['SSH_KEEPALIVE_TIMEOUT', 'ConnectionLost', 'Rejected'],
  ['SSH_TOO_MANY_ATTEMPTS', 'TooManyAttempts', 'TooManyAttempts'],
  ['SSH_LIMIT_EXCEEDED', 'LimitExceeded', 'LimitExceeded'],
  ['SSH_KEY_EXCHANGE_FAILED', 'KeyExchangeFailed', 'KeyExchangeFailed'],
  ['SSH_PROTOCOL_ERROR', 'ProtocolError', 'ProtocolError'],
  ['SSH_HANDLER_FAILED', 'ServerFault', 'ServerFault'],
  ['SSH_INTERNAL_ERROR', 'ServerFault', 'ServerFault'],
];
for (const [code, unrefused, refused] of rows) {
  test(`a connection that ended by ${code ?? 'its client'} before a login`, () => {
    const fault = code === undefined ? undefined : new SshFault(code, 'x');
    assert.equal(loginFailureOf({ fault, isLate: false, isRefused: false }), unrefused);
    assert.equal(loginFailureOf({ fault, isLate: false, isRefused: true }), refused);
    assert.equal(loginFailureOf({ fault, isLate: true, isRefused: true }), 'GraceTimeExceeded');
    assert.equal(unrefused === 'ServerFault', code !== undefined && isOurFault[code]);
  });
}
