import assert from 'node:assert/strict';
import { test } from 'node:test';
import pino from 'pino';
import { systemClock } from './clock.ts';
import { createEventLog } from './event-log.ts';
import type { GatewayEvent, LoginFailure, OfferedKey } from './events.ts';

/** `audit` or not, and the fields of the line. */
function logged(event: GatewayEvent): readonly [audit: boolean, fields: Record<string, unknown>] {
  const lines: string[] = [];
  const logger = pino({ base: null, timestamp: false, level: 'trace' }, { write: (line) => void lines.push(line) });
  createEventLog(logger, logger.child({ audit: true }), systemClock)(event);
  assert.equal(lines.length, 1);
  const { audit, ...fields } = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  return [audit === true, fields];
}

const client = { connectionId: 'c', address: '192.0.2.1', clientVersion: 'x' };
const unknown: OfferedKey = { loginName: 'git', fingerprint: 'f', algorithm: 'a', outcome: 'UnknownKey', owners: [] };

const failures: readonly (readonly [reason: LoginFailure, offered: readonly OfferedKey[], audited: boolean])[] = [
  ['Rejected', [unknown], true],
  ['ConnectionLost', [{ ...unknown, outcome: 'Offered' }], true],
  ['GraceTimeExceeded', [unknown], true],
  ['TooManyAttempts', [], true],
  ['ServerFault', [], true],
  ...(
    [
      'ClientLeft',
      'ConnectionLost',
      'GraceTimeExceeded',
      'KeyExchangeFailed',
      'LimitExceeded',
      'ProtocolError',
    ] as const
  ).map((reason) => [reason, [], false] as const),
];
for (const [reason, offered, audited] of failures) {
  test(`${reason} after ${offered.length} keys is ${audited ? 'an audit line' : 'none'}`, () => {
    const [isAudit, fields] = logged({ type: 'LoginFailed', client, reason, loginName: 'root', offered });
    assert.deepEqual([isAudit, fields.reason, fields.loginName], [audited, reason, 'root']);
  });
}

test('a known key has its objects and whom they stand for, an unknown one neither', () => {
  const key = { namespace: 'team', name: 'laptop' };
  const user = { namespace: 'team', name: 'bob' };
  const owners = [{ key, user }, { key }];
  const offered = [unknown, { ...unknown, outcome: 'Suspended' as const, owners }];
  const [, fields] = logged({ type: 'LoginFailed', client, reason: 'Rejected', offered });
  const { owners: _, ...plain } = unknown;
  const names = { key: ['team/laptop', 'team/laptop'], who: ['GitUser team/bob', 'SSHKey team/laptop'] };
  assert.deepEqual(fields.offered, [plain, { ...plain, outcome: 'Suspended', ...names }]);
});
