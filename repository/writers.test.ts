import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWriters } from './writers.ts';

test('cleans when one was killed and no other writes, and lets nobody in meanwhile', async () => {
  const cleaning = Promise.withResolvers<void>();
  const cleaned: string[] = [];
  const writers = createWriters((uid) => {
    cleaned.push(uid);
    return cleaning.promise;
  });
  const first = await writers.enter('a');
  const second = await writers.enter('a');
  first(true);
  first(true);
  assert.deepEqual(cleaned, []);
  second(false);
  assert.deepEqual(cleaned, ['a']);

  let entered = false;
  const third = writers.enter('a').then((leave) => {
    entered = true;
    return leave;
  });
  await writers.enter('b');
  assert.equal(entered, false);
  cleaning.resolve();
  (await third)(false);
  assert.deepEqual(cleaned, ['a']);
});

test('a cleaning that failed is told to the next, and tried again', async () => {
  let fails = true;
  let runs = 0;
  const writers = createWriters(async () => {
    runs += 1;
    if (fails) throw new Error('no');
  });
  (await writers.enter('a'))(true);
  await assert.rejects(writers.enter('a'), /no/);
  await assert.rejects(writers.enter('a'), /no/);
  fails = false;
  (await writers.enter('a'))(false);
  (await writers.enter('a'))(false);
  assert.equal(runs, 3);
});
