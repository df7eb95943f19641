import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IndexChanges } from '../../core/index/index-changes.ts';
import { createRecentRevisions } from './recent-revisions.ts';

const written = (...ids: readonly string[]): IndexChanges => ({
  set: new Map(ids.map((id) => [id, 'line'])),
  removed: new Set(),
});

test('an entry is of the revision that was written last with it, until nobody asks', () => {
  const recent = createRecentRevisions();
  recent.begin(['a', 'b']);
  assert.equal(recent.isBeingWritten('a'), true);
  recent.succeed(written('a', 'b'), 1);
  recent.begin(['a']);
  recent.succeed(written('a'), 2);
  assert.deepEqual([recent.revisionOf('a'), recent.revisionOf('b'), recent.isBeingWritten('a')], [2, 1, false]);
  recent.forget(1);
  assert.deepEqual([recent.revisionOf('a'), recent.revisionOf('b')], [2, undefined]);
  recent.begin(['a']);
  recent.succeed({ set: new Map(), removed: new Set(['a']) }, 3);
  assert.deepEqual([recent.revisionOf('a'), recent.isBeingWritten('a')], [undefined, false]);
  recent.begin(['c']);
  recent.fail(['c']);
  assert.deepEqual([recent.isBeingWritten('c'), recent.revisionOf('c')], [false, undefined]);
});
