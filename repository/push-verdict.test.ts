import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Permission } from '../core/access/permission.ts';
import { changeKey, planQuestions } from './push-questions.ts';
import { type Ancestry, judgePush } from './push-verdict.ts';

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
const { signal } = new AbortController();
const unasked: Ancestry = new Map();
const change = (ref: string, old = one, next = two) => ({ old, new: next, ref });

for (const [name, permission, update, isFastForward, expected] of [
  ['create', maintain, change('refs/heads/main', zero), false, ['Create', true]],
  ['update', maintain, change('refs/heads/main'), true, ['Update', true]],
  ['rewind', maintain, change('refs/heads/main'), false, ['Rewind', false]],
  ['delete', maintain, change('refs/heads/main', one, zero), false, ['Delete', false]],
  ['no change', { ...maintain, role: 'Write' }, change('refs/tags/v1', one, one), false, ['Update', true]],
  ['rewind elsewhere', maintain, change('refs/heads/topic'), false, ['Rewind', true]],
  ['rewind with a warning', maintain, change('refs/heads/warned'), false, ['Rewind', true]],
  ['rewind by a writer', { ...maintain, role: 'Write' }, change('refs/heads/topic'), false, ['Rewind', false]],
  ['create by a reader', { ...maintain, role: 'Read' }, change('refs/heads/topic', zero), false, ['Create', false]],
] as const)
  test(name, async () => {
    const ancestry = new Map([[changeKey(update), isFastForward]]);
    const { accepted, verdicts, messages } = await judgePush(permission, [update], ancestry, signal);
    const [verdict] = verdicts;
    assert.deepEqual([verdict?.action, verdict?.allow], expected);
    assert.equal(accepted, expected[1]);
    assert.equal(verdict?.assumed, undefined);
    assert.equal(messages.length > 0, !accepted || verdict?.warning !== undefined);
  });

test('one refused ref refuses the push', async () => {
  const updates = [change('refs/heads/topic'), change('refs/heads/main')];
  const { accepted, verdicts } = await judgePush(maintain, updates, unasked, signal);
  assert.deepEqual([accepted, verdicts.map(({ allow }) => allow)], [false, [true, false]]);
});

test('a change that nobody asked about counts as a rewind, and says that it was not looked at', async () => {
  const { verdicts } = await judgePush(maintain, [change('refs/heads/topic'), change('refs/tags/v1')], unasked, signal);
  assert.deepEqual(
    verdicts.map(({ action, assumed }) => [action, assumed]),
    [
      ['Rewind', true],
      ['Rewind', undefined],
    ],
  );
});

test('git is asked of every change in a small push, and in a large one where it matters', async () => {
  const few = [change('refs/heads/topic'), change('refs/heads/new', zero), change('refs/tags/v1')];
  assert.deepEqual(await planQuestions(maintain, few, signal), { needed: [], wanted: [few[0]] });
  const many = Array.from({ length: 100 }, (_, index) =>
    change(`refs/heads/topic-${index}`, String(index).padStart(40, 'a')),
  );
  const main = change('refs/heads/main');
  assert.deepEqual(await planQuestions(maintain, [...many, main], signal), { needed: [main], wanted: [] });
});

test('each change is asked about once, whichever refs it is of, and no change not at all', async () => {
  const writer: Permission = { ...maintain, role: 'Write' };
  const same = Array.from({ length: 100 }, (_, index) => change(`refs/heads/topic-${index}`));
  const still = change('refs/heads/still', one, one);
  const { needed, wanted } = await planQuestions(writer, [...same, still], signal);
  assert.deepEqual([needed.length, wanted.length], [1, 0]);
  const ancestry = new Map(needed.map((update) => [changeKey(update), true]));
  assert.equal((await judgePush(writer, [...same, still], ancestry, signal)).accepted, true);
});

test('whoever waits no longer stops the work', async () => {
  const many = Array.from({ length: 100_000 }, (_, index) => change(`refs/heads/topic-${index}`));
  const impatient = new AbortController();
  setImmediate(() => impatient.abort(new Error('enough')));
  await assert.rejects(judgePush(maintain, many, unasked, impatient.signal), /enough/);
});
