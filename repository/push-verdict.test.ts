import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Permission } from '../core/access/permission.ts';
import { judgePush, planQuestions } from './push-verdict.ts';

const zero = '0'.repeat(40);
const [one, two] = ['1'.repeat(40), '2'.repeat(40)];
const rule = (effect: 'Allow' | 'Deny', refs: string, enforcement: 'Enforce' | 'Warn' = 'Enforce') => ({
  rule: `${effect} ${refs}`,
  refs: [refs],
  actions: ['Rewind', 'Delete'] as const,
  effect,
  enforcement,
});
const maintain: Permission = {
  role: 'Maintain',
  grantedBy: 'grant',
  refRules: [rule('Deny', 'refs/heads/main'), rule('Deny', 'refs/heads/warned', 'Warn')],
};
const change = (ref: string, old = one, next = two) => ({ old, new: next, ref });

for (const [name, permission, update, isFastForward, expected] of [
  ['create', maintain, change('refs/heads/main', zero), false, ['Create', true]],
  ['update', maintain, change('refs/heads/main'), true, ['Update', true]],
  ['rewind', maintain, change('refs/heads/main'), false, ['Rewind', false]],
  ['delete', maintain, change('refs/heads/main', one, zero), false, ['Delete', false]],
  ['delete of what is not there', maintain, change('refs/heads/main', zero, zero), false, ['Delete', false]],
  ['rewind elsewhere', maintain, change('refs/heads/topic'), false, ['Rewind', true]],
  ['rewind with a warning', maintain, change('refs/heads/warned'), false, ['Rewind', true]],
  ['rewind by a writer', { ...maintain, role: 'Write' }, change('refs/heads/topic'), false, ['Rewind', false]],
  ['create by a reader', { ...maintain, role: 'Read' }, change('refs/heads/topic', zero), false, ['Create', false]],
] as const)
  test(name, async () => {
    const { report, messages } = await judgePush(permission, [update], new Set(isFastForward ? [update] : []));
    const [verdict] = report.refs;
    assert.deepEqual([verdict?.action, verdict?.allow], expected);
    assert.equal(report.accepted, expected[1]);
    assert.equal(messages.length > 0, !report.accepted || verdict?.warning !== undefined);
  });

test('one refused ref refuses the push', async () => {
  const { report } = await judgePush(maintain, [change('refs/heads/topic'), change('refs/heads/main')], new Set());
  assert.deepEqual([report.accepted, report.refs.map(({ allow }) => allow)], [false, [false, true]]);
});

test('git is asked of every change in a small push, and in a large one where it matters', async () => {
  const few = [change('refs/heads/topic'), change('refs/heads/new', zero)];
  assert.deepEqual([...(await planQuestions(maintain, few))], [few[0]]);
  const many = Array.from({ length: 100 }, (_, index) => change(`refs/heads/topic-${index}`));
  const main = change('refs/heads/main');
  assert.deepEqual([...(await planQuestions(maintain, [...many, main]))], [main]);
});

test('a report fits into a frame', async () => {
  const long = Array.from({ length: 1000 }, (_, index) => change(`refs/heads/${index}${'ü'.repeat(500)}`, zero));
  const { report } = await judgePush(maintain, long, new Set());
  assert.ok(Buffer.byteLength(JSON.stringify(report)) < 600 * 1024);
  assert.equal(report.total, 1000);
});
