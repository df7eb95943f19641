import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PushReport, RefVerdict } from '../core/link/push-report.ts';
import { formatReadableLine } from './readable-line.ts';

const format = (fields: object, colorize = false): string =>
  formatReadableLine(
    JSON.stringify({ level: 'info', time: '2026-06-01T12:00:00.007Z', component: 'standalone', ...fields }),
    colorize,
  );

const session = {
  ...{ msg: 'session ended', audit: true, connectionId: 'c', address: '192.0.2.1', clientVersion: 'OpenSSH_9' },
  ...{ loginName: 'git', fingerprint: 'SHA256:x', correlationId: 'k', command: "git-receive-pack 'team/app'" },
  ...{ who: 'GitUser team/alice', key: 'team/alice', repository: 'team/app', path: 'team/app', uid: 'u' },
  ...{ verb: 'receive-pack', rule: 'Repository team/app spec.access[0]', decision: 'allow' },
  ...{ outcome: 'Completed', exitStatus: 0, seconds: 0.21 },
};
const ref: RefVerdict = {
  ref: 'refs/heads/main',
  old: '514ed8b'.padEnd(40, '0'),
  new: '1a48901'.padEnd(40, '0'),
  action: 'Update',
  allow: true,
  rule: 'Repository team/app spec.access[0]',
  landed: true,
};
const push: PushReport = { accepted: true, total: 1, landed: 1, counts: [], refs: [ref] };
const end = 'address=192.0.2.1 correlationId=k seconds=0.21';

const pushes: readonly [name: string, push: Partial<PushReport> | undefined, expected: string][] = [
  ['what landed', {}, 'pushed team/app refs/heads/main 514ed8b..1a48901'],
  [
    'what a rule refused',
    { accepted: false, landed: 0, refs: [{ ...ref, allow: false, reason: 'RefRule', landed: false }] },
    'could not push team/app refs/heads/main 514ed8b..1a48901 (RefRule)',
  ],
  [
    'what was refused without a look at its refs',
    { accepted: false, total: 2_000, landed: 0, problem: 'TooManyChanges', refs: [] },
    'could not push team/app 2000 refs (TooManyChanges)',
  ],
  [
    'what git refused',
    { landed: 0, refs: [{ ...ref, landed: false }] },
    'could not push team/app refs/heads/main 514ed8b..1a48901 (did not land)',
  ],
  [
    'more refs than the line lists',
    { total: 5_000, landed: 4_999, refs: Array(100).fill({ ...ref, ref: 'r' }) },
    `pushed team/app ${'r 514ed8b..1a48901, '.repeat(3)}and 4997 more`,
  ],
  [
    'what is not known',
    { total: 1, refs: [{ ref: 'r', old: ref.old, new: ref.new, action: 'Update', allow: true, rule: 'x' }] },
    'pushed team/app r 514ed8b..1a48901 (perhaps)',
  ],
  ['nothing', undefined, 'pushed nothing to team/app'],
  [
    'a name that would be another field',
    { refs: [{ ...ref, ref: 'refs/heads/a\u00a0who=team/bob' }] },
    'pushed team/app "refs/heads/a\u00a0who=team/bob" 514ed8b..1a48901',
  ],
];

const rows: readonly (readonly [name: string, fields: object, expected: string])[] = [
  ...pushes.map(
    ([name, changed, expected]) =>
      [
        `a push: ${name}`,
        { ...session, push: changed && { ...push, ...changed } },
        `session ended: team/alice ${expected} ${end}`,
      ] as const,
  ),
  [
    'a push that landed, and was broken off',
    { ...session, outcome: 'ClientLeft', exitStatus: 1, push },
    'session ended: team/alice pushed team/app refs/heads/main 514ed8b..1a48901 address=192.0.2.1 correlationId=k outcome=ClientLeft exitStatus=1 seconds=0.21',
  ],
  [
    'more of what a push changed',
    { msg: 'refs changed', who: 'GitUser team/alice', repository: 'team/app', push: { refs: Array(5).fill(ref) } },
    `refs changed: ${'refs/heads/main 514ed8b..1a48901, '.repeat(3)}and 2 more who=team/alice repository=team/app`,
  ],
  [
    'a fetch that was broken off',
    { ...session, verb: 'upload-pack', outcome: 'ClientLeft', exitStatus: 128 },
    'session ended: team/alice could not read team/app address=192.0.2.1 correlationId=k outcome=ClientLeft exitStatus=128 seconds=0.21',
  ],
  [
    'the beginning of a session',
    { ...session, msg: 'session started', outcome: undefined, exitStatus: undefined },
    'session started address=192.0.2.1 correlationId=k who=team/alice repository=team/app verb=receive-pack seconds=0.21',
  ],
  ['a deploy key', { msg: 'greeted', who: ['SSHKey team/ci'] }, 'greeted who="SSHKey team/ci"'],
  [
    'a failed login',
    {
      ...{ msg: 'login failed', loginName: 'git', reason: 'Rejected' },
      offered: [
        { outcome: 'UnknownKey', fingerprint: 'SHA256:x', algorithm: 'ssh-ed25519', loginName: 'git' },
        { outcome: 'Suspended', fingerprint: 'SHA256:y', who: ['GitUser team/bob'], key: ['team/bob'] },
      ],
    },
    'login failed loginName=git reason=Rejected offered="UnknownKey SHA256:x, Suspended team/bob"',
  ],
  [
    'objects, lists, and values with spaces',
    { msg: 'problem', problem: { kind: 'NotYaml', at: { line: 3 }, message: 'a "b"' }, hostKeys: ['a', 'b'], x: null },
    'problem problem.kind=NotYaml problem.at.line=3 problem.message="a \\"b\\"" hostKeys="a, b"',
  ],
  ['a value without an end', { msg: 'm', a: 'é'.repeat(1_000) }, `m a=${'é'.repeat(300)}…`],
];
for (const [name, fields, expected] of rows) {
  test(`a line for people: ${name}`, () => {
    assert.match(format(fields), /^\d\d:\d\d:00\.007 INFO {2}standalone /);
    assert.equal(format(fields).split('standalone ')[1], `${expected}\n`);
  });
}

test('a fault of ours has its stack below, and others have none', () => {
  const err = { type: 'Error', message: 'lost: x', stack: 'Error: lost\n    at a\x9b (b.ts:1:1)' };
  const fault = format({ level: 'error', msg: 'm', err });
  assert.equal(fault.split('standalone ')[1], 'm err="lost: x"\n    Error: lost\n    at a? (b.ts:1:1)\n');
  assert.ok(!format({ level: 'warn', msg: 'm', err }).includes('b.ts'));
});

test('no value reaches a terminal as more than text', () => {
  const bad = 'x\x1b[2J\x9b2J\x07\r\n\u202e\u2028\u200b\ud800y';
  const line = format({
    ...session,
    ...{ who: bad, repository: bad, [bad]: bad, push: { accepted: true, refs: [{ ref: bad, old: bad, new: bad }] } },
    ...{ offered: [{ outcome: bad, fingerprint: bad }], problem: { [bad]: [bad] }, err: { message: bad, stack: bad } },
    ...{ msg: 'session ended', level: 'error' },
  });
  assert.doesNotMatch(line.replaceAll('\n', ''), /[\p{C}\p{Zl}\p{Zp}]/u);
  assert.equal(line.trimEnd().split('\n').length, 3, 'the line, and the two of the stack');
});

test('the level alone is coloured', () => {
  assert.ok(format({ level: 'warn', msg: 'm' }, true).endsWith(' \x1b[33mWARN \x1b[0m standalone m\n'));
  assert.equal(format({ msg: 'm' }, true), format({ msg: 'm' }));
});
