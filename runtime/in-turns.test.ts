import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inTurns } from './in-turns.ts';

const work = (): void => {
  const end = performance.now() + 1;
  while (performance.now() < end);
};

test('others have their turn while many items are visited', async () => {
  let visited = 0;
  const seen: number[] = [];
  const timer = setInterval(() => seen.push(visited), 1);
  await inTurns(Array(100).fill(0), undefined, () => {
    work();
    visited += 1;
  });
  clearInterval(timer);
  assert.equal(visited, 100);
  assert.ok(seen.length >= 4, `others had ${seen.length} turns`);
});

test('nothing is visited any more once the signal is aborted', async () => {
  let visited = 0;
  const reason = new Error('enough');
  const visiting = inTurns(Array(1_000).fill(0), AbortSignal.abort(reason), () => {
    work();
    visited += 1;
  });
  await assert.rejects(visiting, reason);
  assert.equal(visited, 0);
});
