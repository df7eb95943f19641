import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RefVerdict } from '../core/link/push-report.ts';
import { buildProblemReport, buildPushReport } from './build-push-report.ts';
import { landingAsFound, landingAsTold } from './landing.ts';

const zero = '0'.repeat(40);
const [one, two, three] = ['1'.repeat(40), '2'.repeat(40), '3'.repeat(40)];

const verdict = (ref: string, details: Partial<RefVerdict> = {}): RefVerdict => ({
  ref,
  old: one,
  new: two,
  action: 'Update',
  allow: true,
  rule: 'grant',
  ...details,
});
const [a, b, c] = [verdict('refs/heads/a'), verdict('refs/heads/b'), verdict('refs/heads/c')];
const accepted = { accepted: true, verdicts: [a, b, c], messages: [] };

test('before git has acted, nothing is known of what landed', () => {
  assert.deepEqual(buildPushReport(accepted), { accepted: true, total: 3, refs: [a, b, c] });
});

test('nothing of a refused push lands', () => {
  const verdicts = [a, verdict('refs/heads/x', { allow: false, reason: 'RefRule' })];
  const { accepted: isAccepted, landed, refs } = buildPushReport({ accepted: false, verdicts, messages: [] });
  assert.deepEqual([isAccepted, landed, refs.map((ref) => ref.landed)], [false, 0, [false, false]]);
  assert.deepEqual(buildProblemReport('TooSlow', 3), {
    ...{ accepted: false, total: 3, landed: 0, problem: 'TooSlow', refs: [] },
  });
});

test('what git says that it has changed has landed, and nothing else', () => {
  const landing = landingAsTold(accepted.verdicts, [{ ref: 'refs/heads/b', old: one, new: two }]);
  const { landed, refs } = buildPushReport(accepted, landing);
  assert.deepEqual(
    [landed, refs.map(({ ref, landed }) => [ref, landed])],
    [
      1,
      [
        ['refs/heads/b', true],
        ['refs/heads/a', false],
        ['refs/heads/c', false],
      ],
    ],
  );
});

for (const [name, change, value, killed, orderly] of [
  ['an update that landed', a, two, true, undefined],
  ['one that did not', a, one, false, false],
  ['one that somebody else overtook', a, three, undefined, false],
  ['one of a ref that somebody else deleted', a, undefined, undefined, false],
  ['a creation that landed', verdict('refs/heads/a', { old: zero }), two, true, undefined],
  ['one that did not', verdict('refs/heads/a', { old: zero }), undefined, false, false],
  ['a deletion that landed', verdict('refs/heads/a', { new: zero }), undefined, true, undefined],
  ['one that did not', verdict('refs/heads/a', { new: zero }), one, false, false],
] as const)
  test(`found: ${name}`, () => {
    const values = new Map(value === undefined ? [] : [[change.ref, value]]);
    const verdicts = [change];
    for (const [isOrderly, expected] of [
      [false, killed],
      [true, orderly],
    ] as const) {
      const { landed, refs } = buildPushReport({ ...accepted, verdicts }, landingAsFound(verdicts, values, isOrderly));
      assert.equal(refs[0]?.landed, expected);
      assert.equal(landed, expected === undefined ? undefined : Number(expected));
    }
  });

test('a list that is cut short keeps what landed and what takes away', () => {
  const invented = Array.from({ length: 2000 }, (_, index) => verdict(`refs/heads/invented-${index}`));
  const created = Array.from({ length: 2000 }, (_, index) => verdict(`refs/tags/${index}`, { action: 'Create' }));
  const gone = verdict('refs/heads/gone', { action: 'Delete' });
  const verdicts = [...invented, ...created, a, gone];
  const landing = landingAsTold(verdicts, [...created, a, gone]);
  const { landed, refs } = buildPushReport({ ...accepted, verdicts }, landing);
  assert.deepEqual([landed, refs.length], [2002, 1000]);
  assert.deepEqual(
    refs.slice(0, 3).map(({ ref }) => ref),
    ['refs/heads/gone', 'refs/heads/a', 'refs/tags/0'],
  );
});

test('a report fits into a frame', () => {
  const verdicts = Array.from({ length: 1000 }, (_, index) => verdict(`refs/heads/${index}${'ü'.repeat(500)}`));
  const report = buildPushReport({ ...accepted, verdicts });
  assert.ok(Buffer.byteLength(JSON.stringify(report)) < 600 * 1024);
  assert.equal(report.total, 1000);
});
