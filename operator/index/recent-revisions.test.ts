import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRecentRevisions } from './recent-revisions.ts';

test('an entry is of the revision that was written last with it, until nobody asks', () => {
  const recent = createRecentRevisions();
  recent.begin(['a', 'b']);
  assert.equal(recent.isBeingWritten('a'), true);
  recent.succeed(['a', 'b'], 1);
  recent.begin(['a']);
  recent.succeed(['a'], 2);
  assert.deepEqual([recent.revisionOf('a'), recent.revisionOf('b'), recent.isBeingWritten('a')], [2, 1, false]);
  recent.forget(1);
  assert.deepEqual([recent.revisionOf('a'), recent.revisionOf('b')], [2, undefined]);
  recent.begin(['c']);
  recent.fail(['c']);
  assert.deepEqual([recent.isBeingWritten('c'), recent.revisionOf('c')], [false, undefined]);
});
