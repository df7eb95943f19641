import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RefVerdict } from '../core/link/push-report.ts';
import { buildProblemReport, buildPushReport, splitRefs } from './build-push-report.ts';
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

const counts = [{ action: 'Update', verdict: 'allow', refs: 3 }];

test('before git has acted, nothing is known of what landed', () => {
  assert.deepEqual(buildPushReport(accepted).report, { accepted: true, total: 3, counts, refs: [a, b, c] });
});

test('nothing of a refused push lands', () => {
  const verdicts = [a, verdict('refs/heads/x', { allow: false, reason: 'RefRule' })];
  const { report, unlisted } = buildPushReport({ accepted: false, verdicts, messages: [] });
  assert.deepEqual([report.accepted, report.landed, report.refs.map((ref) => ref.landed)], [false, 0, [false, false]]);
  assert.deepEqual(unlisted, []);
  assert.deepEqual(buildProblemReport('TooSlow', 3), {
    ...{ accepted: false, total: 3, landed: 0, problem: 'TooSlow', counts: [], refs: [] },
  });
});

test('what git says that it has changed has landed, and nothing else', () => {
  const landing = landingAsTold(accepted.verdicts, [{ ref: 'refs/heads/b', old: one, new: two }]);
  const { landed, refs } = buildPushReport(accepted, landing).report;
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
      const { landed, refs } = buildPushReport(
        { ...accepted, verdicts },
        landingAsFound(verdicts, values, isOrderly),
      ).report;
      assert.equal(refs[0]?.landed, expected);
      assert.equal(landed, expected === undefined ? undefined : Number(expected));
    }
  });

test('the report lists what landed and what takes away, and the rest of what landed is not lost', () => {
  const invented = Array.from({ length: 2000 }, (_, index) => verdict(`refs/heads/invented-${index}`));
  const created = Array.from({ length: 2000 }, (_, index) => verdict(`refs/tags/${index}`, { action: 'Create' }));
  const gone = verdict('refs/heads/gone', { action: 'Delete', warning: 'is it?' });
  const verdicts = [...invented, ...created, a, gone];
  const { report, unlisted } = buildPushReport(
    { ...accepted, verdicts },
    landingAsTold(verdicts, [...created, a, gone]),
  );
  assert.deepEqual([report.landed, report.total, report.refs.length], [2002, 4002, 20]);
  assert.deepEqual(
    report.refs.slice(0, 3).map(({ ref }) => ref),
    ['refs/heads/gone', 'refs/heads/a', 'refs/tags/0'],
  );
  assert.deepEqual(
    [...report.refs, ...unlisted].map(({ ref, landed }) => [ref, landed]),
    [gone, a, ...created].map(({ ref }) => [ref, true]),
  );
  assert.deepEqual(report.counts, [
    { action: 'Create', verdict: 'allow', refs: 2000 },
    { action: 'Update', verdict: 'allow', refs: 2001 },
    { action: 'Delete', verdict: 'warn', refs: 1 },
  ]);
});

test('what may have landed is told of too', () => {
  const verdicts = Array.from({ length: 30 }, (_, index) => verdict(`refs/heads/${index}`));
  const { report, unlisted } = buildPushReport({ ...accepted, verdicts });
  assert.deepEqual([report.landed, report.refs.length, unlisted.length], [undefined, 20, 10]);
});

test('no list is longer than a line of the log may be', () => {
  const verdicts = Array.from({ length: 1000 }, (_, index) => verdict(`refs/heads/${index}${'ü'.repeat(500)}`));
  const { report, unlisted } = buildPushReport({ ...accepted, verdicts });
  const parts = [...splitRefs(unlisted)];
  for (const refs of [report.refs, ...parts]) assert.ok(Buffer.byteLength(JSON.stringify(refs)) <= 16 * 1024 + 2);
  assert.equal(report.refs.length, 14);
  assert.deepEqual(parts.flat(), unlisted);
  assert.equal(unlisted.length, 986);
});
