import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createReadBalance } from './read-balance.ts';

describe('reading from a client that does not read', () => {
  const cases: readonly { name: string; queued: readonly number[]; calls: readonly string[] }[] = [
    { name: 'goes on while little waits', queued: [0, 50, 100], calls: [] },
    { name: 'stops once', queued: [101, 500, 101], calls: ['pause'] },
    { name: 'goes on when half is gone, and not before', queued: [101, 51], calls: ['pause'] },
    { name: 'stops again', queued: [101, 50, 0, 101], calls: ['pause', 'resume', 'pause'] },
    { name: 'stops where nothing can be sent', queued: [Number.POSITIVE_INFINITY], calls: ['pause'] },
  ];
  for (const { name, queued, calls } of cases) {
    test(`${name}: ${queued.join(', ')} of 100`, () => {
      const made: string[] = [];
      let waiting = 0;
      const balance = createReadBalance(
        { pause: () => made.push('pause'), resume: () => made.push('resume') },
        () => waiting,
        () => 100,
      );
      for (const bytes of queued) {
        waiting = bytes;
        balance();
      }
      assert.deepEqual(made, calls);
    });
  }
});
