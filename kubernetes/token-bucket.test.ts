import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTokenBucket } from './token-bucket.ts';

test('a burst goes through at once, then so many a second, and no more is saved up than a burst', () => {
  let now = 0;
  const bucket = createTokenBucket({ perSecond: 10, burst: 3 }, () => now);
  const takeAll = (): number => {
    let taken = 0;
    while (bucket.take() === 0) taken += 1;
    return taken;
  };
  assert.deepEqual([takeAll(), bucket.take()], [3, 100]);
  now = 100;
  assert.equal(takeAll(), 1);
  now = 60_000;
  assert.equal(takeAll(), 3);
});
