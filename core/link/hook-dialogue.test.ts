import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  buildAncestryQuestion,
  buildPresenceQuestion,
  buildVerdict,
  createHookReader,
  maxListLength,
  maxRefsPerPush,
} from './hook-dialogue.ts';

const zero = '0'.repeat(40);
const one = '1'.repeat(40);
const line = (ref: string, old = zero) => `${old} ${one} ${ref}\n`;
const end = 'end s3cret\n';

const createReader = (reserve: (bytes: number) => boolean = () => true) => createHookReader('s3cret', reserve);
const read = (text: string) => createReader().push(Buffer.from(text));

test('a list of updates, split anywhere', () => {
  const text = Buffer.from(line('refs/heads/a') + line('refs/tags/ü', one) + end);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: text.length }), fc.integer({ min: 0, max: text.length }), (a, b) => {
      const [first, second] = [Math.min(a, b), Math.max(a, b)];
      const reader = createReader();
      const results = [text.subarray(0, first), text.subarray(first, second), text.subarray(second)].map((part) =>
        reader.push(part),
      );
      const updates = [
        { old: zero, new: one, ref: 'refs/heads/a' },
        { old: one, new: one, ref: 'refs/tags/ü' },
      ];
      const statements = results.flatMap((result) => (result.ok && result.value !== undefined ? [result.value] : []));
      assert.deepEqual(statements, [{ kind: 'Updates', updates }]);
    }),
  );
});

test('a name with a newline cannot end the list early', () => {
  const injected = line('refs/heads/x\n') + line('refs/heads/main', one);
  assert.deepEqual(read(injected), { ok: true, value: undefined });
  assert.deepEqual(read(injected + end), { ok: false, error: 'Malformed' });
});

for (const [name, text] of [
  ['an empty line', `\n${line('refs/heads/a')}`],
  ['another secret', `end secret\n`],
  ['a blank in a ref', line('refs/heads/a b')],
  ['a ref outside refs/', line('HEAD')],
  ['a control character', line('refs/heads/\u001b[2J')],
  ['a ref that is not UTF-8', line('refs/heads/\ufffd')],
  ['a short object name', `${zero} 12 refs/heads/a\n`],
  ['object names of two kinds', `${zero} ${'1'.repeat(64)} refs/heads/a\n`],
  ['an endless line', `${'x'.repeat(100_000)}\n`],
] as const)
  test(`refused: ${name}`, () => {
    assert.deepEqual(read(text + end), { ok: false, error: 'Malformed' });
  });

test('a ref is named once', () => {
  const twice = line('refs/heads/a') + line('refs/heads/b') + line('refs/heads/a', one);
  assert.deepEqual(read(twice + end), { ok: false, error: 'NamedTwice' });
});

test('too many refs, or too long a list, is told when the hook has written it', () => {
  const many = Array.from({ length: maxRefsPerPush + 1 }, (_, index) => line(`refs/tags/${index}`)).join('');
  assert.deepEqual(read(many + end), { ok: false, error: 'TooManyRefs' });
  const reader = createReader();
  const long = `refs/heads/${`${'a'.repeat(99)}/`.repeat(9)}`;
  for (let sent = 0; sent <= maxListLength; sent += long.length)
    assert.deepEqual(reader.push(Buffer.from(line(`${long}${sent}`))), { ok: true, value: undefined });
  assert.deepEqual(reader.push(Buffer.from(end)), { ok: false, error: 'TooManyRefs' });
});

test('a list for which there is no room is told of at its end, and no second list needs any', () => {
  const text = line('refs/heads/a') + line('refs/heads/b');
  const asked: number[] = [];
  const full = createReader((bytes) => asked.push(bytes) < 2);
  assert.deepEqual(full.push(Buffer.from(text)), { ok: true, value: undefined });
  assert.deepEqual(full.push(Buffer.from(text)), { ok: true, value: undefined });
  assert.deepEqual(full.push(Buffer.from(end)), { ok: false, error: 'Busy' });
  assert.deepEqual(asked, [text.length, text.length]);

  let room = true;
  const reader = createReader(() => room);
  assert.equal(reader.push(Buffer.from(text + end)).ok, true);
  room = false;
  reader.expectUpdates();
  assert.equal(reader.push(Buffer.from(text + end)).ok, true);
});

/** A reader that has read a list, and waits for so many answers. */
function createAskingReader(answers: number): ReturnType<typeof createHookReader> {
  const reader = createReader();
  reader.push(Buffer.from(line('refs/heads/a', one) + end));
  reader.expectAnswers(answers);
  return reader;
}

test('answers come in order, as many as were asked for', () => {
  const reader = createAskingReader(4);
  assert.deepEqual(reader.push(Buffer.from('yes\nno\n')), { ok: true, value: undefined });
  assert.deepEqual(reader.push(Buffer.from(`${one}\n${one} mis`)), { ok: true, value: undefined });
  assert.deepEqual(reader.push(Buffer.from('sing\n')), {
    ok: true,
    value: { kind: 'Answers', answers: [true, false, true, false] },
  });
  reader.expectAnswers(1);
  assert.deepEqual(reader.push(Buffer.from('no\n')), { ok: true, value: { kind: 'Answers', answers: [false] } });
  assert.deepEqual(reader.push(Buffer.from('yes\n')), { ok: false, error: 'Malformed' });
});

for (const answer of ['maybe\n', '\n', end, line('refs/heads/b'), `${one} commit\n`, 'refs/heads/a missing\n'])
  test(`no answer: ${JSON.stringify(answer)}`, () => {
    assert.deepEqual(createAskingReader(1).push(Buffer.from(answer)), { ok: false, error: 'Malformed' });
  });

test('an accepted push is followed by a list of what landed', () => {
  const reader = createAskingReader(1);
  reader.push(Buffer.from('yes\n'));
  reader.expectUpdates();
  assert.deepEqual(reader.push(Buffer.from(line('refs/heads/a', one))), { ok: true, value: undefined });
  assert.deepEqual(reader.push(Buffer.from(end)), {
    ok: true,
    value: { kind: 'Updates', updates: [{ old: one, new: one, ref: 'refs/heads/a' }] },
  });
});

test('what is said to the hook keeps to its lines', () => {
  assert.equal(buildPresenceQuestion([one, zero]), `present\n${one}\n${zero}\n\n`);
  assert.equal(buildAncestryQuestion({ old: zero, new: one }), `ancestor ${zero} ${one}\n`);
  assert.equal(buildVerdict(true, []), 'ok\n\n');
  assert.equal(buildVerdict(false, ['a\nb', '']), 'refused\na?b\n?\n\n');
});
