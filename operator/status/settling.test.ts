import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSettling } from './settling.ts';

test('of the objects on their way only those that have come further are looked at again', () => {
  const settling = createSettling();
  const moved = (published: readonly string[], loaded: number | undefined): readonly string[] => [
    ...settling.moved({ neededBy: (object) => (published.includes(object) ? 7 : undefined), loaded }),
  ];
  const since = settling.look('SSHKey a/publishing', { needed: undefined, progress: 'Publishing' });
  settling.look('SSHKey a/loading', { needed: 5, progress: 'Loading' });
  assert.deepEqual(moved([], 4), []);
  assert.deepEqual(moved(['SSHKey a/publishing'], 4), ['SSHKey a/publishing']);
  assert.deepEqual(moved([], 5), ['SSHKey a/loading']);
  assert.deepEqual(moved([], undefined), ['SSHKey a/loading']);
  settling.look('SSHKey a/loading', { needed: 5, progress: 'NoGateways' });
  assert.deepEqual(moved([], undefined), []);
  assert.deepEqual(moved([], 1), ['SSHKey a/loading']);
  settling.delete('SSHKey a/loading');
  assert.deepEqual(moved([], 9), []);
  assert.equal(settling.look('SSHKey a/publishing', { needed: 9, progress: 'Loading' }), since);
});
