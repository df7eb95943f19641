import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPace } from './pace.ts';

const pauses = { firstMs: 1_000, maxMs: 60_000 };

test('what failed is tried again after a pause that grows, and in ever smaller batches', () => {
  const pace = createPace(pauses);
  assert.deepEqual([pace.inMs, pace.maxEntries], [0, Number.POSITIVE_INFINITY]);
  const sizes: number[] = [];
  let longest = 0;
  for (let n = 0; n < 10; n += 1) {
    pace.shrink(100);
    pace.failed();
    sizes.push(pace.maxEntries);
    longest = Math.max(longest, pace.inMs);
  }
  assert.deepEqual(sizes, [50, 25, 12, 6, 3, 1, 1, 1, 1, 1]);
  assert.ok(longest > 29_000 && longest <= 60_000, String(longest));
  pace.succeeded();
  assert.equal(pace.maxEntries, 2);
  pace.failed();
  assert.ok(pace.inMs <= 61_000);
  for (let n = 0; n < 14; n += 1) pace.succeeded();
  assert.equal(pace.maxEntries, Number.POSITIVE_INFINITY);
});

test('who is in a hurry waits for the shortest pause at most, however often it is said', () => {
  const pace = createPace(pauses);
  pace.hurry();
  assert.equal(pace.inMs, 0);
  for (let n = 0; n < 10; n += 1) pace.failed();
  assert.ok(pace.inMs > 20_000);
  for (let n = 0; n < 3; n += 1) pace.hurry();
  assert.ok(pace.inMs > 900 && pace.inMs <= 1_000, String(pace.inMs));
  pace.failed();
  assert.ok(pace.inMs > 20_000);
});
