import assert from 'node:assert/strict';
import { test } from 'node:test';
import pino from 'pino';
import type { RefVerdict } from '../core/link/push-report.ts';
import { formatReadableLine } from '../runtime/readable-line.ts';
import { createEventLog } from './event-log.ts';
import type { GatewayEvent, LoginFailure, OfferedKey, SessionFacts, SessionTarget } from './events.ts';

const clock = { wall: () => 0, steady: () => 0 };

/** What is written of these events, line by line. */
function linesOf(events: readonly GatewayEvent[]): readonly string[] {
  const lines: string[] = [];
  const formatters = { level: (level: string) => ({ level }) };
  const logger = pino(
    { base: { component: 'x' }, timestamp: false, level: 'trace', formatters },
    { write: (line) => void lines.push(line) },
  );
  const log = createEventLog(logger, logger.child({ audit: true }), clock);
  for (const event of events) log(event);
  return lines;
}

type Line = Readonly<Record<string, unknown>>;

const logged = (...events: readonly GatewayEvent[]): readonly Line[] =>
  linesOf(events).map((line) => JSON.parse(line) as Line);

const client = { connectionId: 'c', address: '192.0.2.1', clientVersion: 'x' };
const unknown: OfferedKey = { fingerprint: 'f', algorithm: 'a', outcome: 'UnknownKey', owners: [] };
const owner = { key: { namespace: 'team', name: 'laptop' }, user: { namespace: 'team', name: 'bob' } };
const known: OfferedKey = { ...unknown, outcome: 'Suspended', owners: [owner] };

const failed = (reason: LoginFailure, keys: readonly OfferedKey[], address = client.address): GatewayEvent => ({
  type: 'LoginFailed',
  client: { ...client, address },
  reason,
  loginName: 'root',
  offered: { keys, unlisted: 0 },
});

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
    const [line] = logged(failed(reason, offered));
    assert.deepEqual([line?.audit === true, line?.reason, line?.loginName], [audited, reason, 'root']);
  });
}

test('a known key has its algorithm, its objects and whom they stand for, an unknown one none of these', () => {
  const owners = [owner, { key: owner.key }];
  const [line] = logged(failed('Rejected', [unknown, { ...known, owners }]));
  const names = { key: ['team/laptop', 'team/laptop'], who: ['GitUser team/bob', 'SSHKey team/laptop'] };
  assert.deepEqual(line?.offered, [
    { fingerprint: 'f', outcome: 'UnknownKey' },
    { fingerprint: 'f', outcome: 'Suspended', algorithm: 'a', ...names },
  ]);
  assert.ok(line && !('unlisted' in line));
});

test('keys that found no room in the list are counted', () => {
  const event = { ...failed('Rejected', [unknown]), offered: { keys: [unknown], unlisted: 7 } } as GatewayEvent;
  assert.equal(logged(event)[0]?.unlisted, 7);
});

const many = <Event>(count: number, build: (at: number) => Event): readonly Event[] =>
  Array.from({ length: count }, (_, at) => build(at));

test('a flood from one address has its share of the log, and hides nobody else', () => {
  const flood = many(1_000, () => failed('Rejected', [unknown]));
  const lines = logged(...flood, failed('Rejected', [unknown], '192.0.2.2'), failed('Rejected', [known]));
  assert.equal(lines.length, 20 + 2);
  assert.deepEqual(
    lines.slice(-2).map(({ address, leftOut }) => [address, leftOut]),
    [
      ['192.0.2.2', 980],
      ['192.0.2.1', undefined],
    ],
  );
});

test('floods from everywhere are bounded, with keys that are known too', () => {
  const from = (at: number): string => `198.51.${at >> 8}.${at & 255}`;
  const badSignature = { ...known, outcome: 'BadSignature' } as const;
  const floods: Readonly<Record<string, (at: number) => GatewayEvent>> = {
    200: (at) => failed('Rejected', [unknown], from(at)),
    500: (at) => failed('Rejected', [known], from(at)),
    100: (at) => ({ type: 'ConnectionRefused', address: from(at), reason: 'TooManyPending' }),
  };
  for (const [max, build] of Object.entries(floods)) assert.equal(logged(...many(5_000, build)).length, Number(max));
  const forged = many(5_000, (at): GatewayEvent => {
    const address = from(at);
    const facts = { client: { ...client, address }, loginName: 'git', key: badSignature };
    return { type: 'KeyRefused', ...facts, refusal: 'BadSignature' };
  });
  assert.equal(logged(...forged).length, 200);
});

const session: SessionFacts = {
  ...{
    ...client,
    loginName: 'git',
    fingerprint: 'SHA256:x',
    correlationId: 'k',
    command: "git-receive-pack 'team/app'",
  },
};
const target: SessionTarget = {
  identity: {
    kind: 'User',
    user: owner.user,
    groups: [],
    access: 'ReadWrite',
    key: { ...owner.key, fingerprint: 'f' },
  },
  repository: { namespace: 'team', name: 'app', path: 'team/app', uid: 'u' },
  verb: 'receive-pack',
  rule: 'Repository team/app spec.access[0]',
};
const ref: RefVerdict = {
  ref: 'refs/heads/main',
  old: '0'.repeat(40),
  new: '1a48901'.padEnd(40, '0'),
  action: 'Create',
  allow: true,
  rule: target.rule,
  landed: true,
};
const figures = { exitStatus: 0, bytesIn: 1, bytesOut: 2, seconds: 0.5 };
const counts = [{ action: 'Create', verdict: 'allow', refs: 1 }] as const;

const readable: readonly (readonly [event: GatewayEvent, line: string])[] = [
  [
    {
      ...{ type: 'SessionEnded', session, target, outcome: 'Completed', ...figures },
      push: { accepted: true, total: 1, landed: 1, counts, refs: [ref] },
    },
    'session ended: team/bob pushed team/app refs/heads/main 0000000..1a48901 address=192.0.2.1 correlationId=k bytesIn=1 bytesOut=2 seconds=0.5',
  ],
  [
    { type: 'SessionEnded', session, target, outcome: 'ClientLeft', ...figures, exitStatus: 1 },
    'session ended: team/bob could not push team/app address=192.0.2.1 correlationId=k outcome=ClientLeft exitStatus=1 bytesIn=1 bytesOut=2 seconds=0.5',
  ],
  [
    { type: 'RefsChanged', session, target, refs: [ref] },
    'refs changed: refs/heads/main 0000000..1a48901 address=192.0.2.1 correlationId=k who=team/bob repository=team/app verb=receive-pack',
  ],
  [
    { type: 'SessionRefused', session, reason: 'RoleTooLow', path: 'team/app', identity: target.identity },
    'session refused address=192.0.2.1 loginName=git correlationId=k who=team/bob key=team/laptop path=team/app reason=RoleTooLow',
  ],
  [
    failed('Rejected', [unknown, known]),
    'login failed address=192.0.2.1 loginName=root reason=Rejected offered="UnknownKey f, Suspended team/bob"',
  ],
];

test('what is written is what a terminal shows', () => {
  for (const [event, expected] of readable) {
    const [line = ''] = linesOf([event]);
    assert.equal(formatReadableLine(line, false).split(' x ')[1], `${expected}\n`);
  }
});
