import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backOffMs } from './back-off.ts';

test('pauses double from the first to the last', () => {
  for (const [failures, bound] of [100, 200, 400, 800, 1_000, 1_000].entries()) {
    const pause = backOffMs(failures, { firstMs: 100, maxMs: 1_000 });
    assert.ok(pause > bound / 2 - 1 && pause <= bound, `${pause} of ${bound}`);
  }
  assert.ok(backOffMs(1e9, { firstMs: 100, maxMs: 1_000 }) <= 1_000);
});

test('those who failed together come back at different times', () => {
  const pauses = Array.from({ length: 100 }, () => backOffMs(0, { firstMs: 1_000, maxMs: 2_000 }));
  assert.ok(Math.max(...pauses) - Math.min(...pauses) > 200);
});
