import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createOneAtATime } from './one-at-a-time.ts';

test('tasks run one at a time, in their order, whatever comes of the one before', async () => {
  const inTurn = createOneAtATime(10);
  const seen: string[] = [];
  const task = (name: string) => async () => {
    seen.push(`${name} begins`);
    await nextTurn();
    seen.push(`${name} ends`);
    if (name === 'a') throw new Error('failed');
    return name;
  };
  const [a, b, c] = ['a', 'b', 'c'].map((name) => inTurn(task(name)));
  await assert.rejects(a ?? Promise.resolve(), /failed/);
  assert.deepEqual([await b, await c], ['b', 'c']);
  assert.deepEqual(seen, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

test('a bounded number waits, and who was turned away may come back', async () => {
  const inTurn = createOneAtATime(2);
  const gate = Promise.withResolvers<void>();
  const present = [0, 1, 2].map(() => inTurn(() => gate.promise));
  assert.ok(present.every((each) => each !== undefined));
  assert.equal(
    inTurn(() => Promise.reject(new Error('must not run'))),
    undefined,
  );
  gate.resolve();
  await Promise.all(present);
  assert.equal(await inTurn(async () => 'back'), 'back');
});
