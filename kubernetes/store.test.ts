import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { type Cached, createStore } from './store.ts';

const item = (name: string, resourceVersion: string, value = '', uid = `uid-${name}`): Cached<string> => ({
  ...{ key: `tenant/${name}`, uid, resourceVersion, value },
});

function createWatched(indexes = {}) {
  const store = createStore<string>({ log: pino({ level: 'silent' }), indexes });
  const seen: string[] = [];
  store.subscribe((changes) => void seen.push(changes.map(({ type, key }) => `${type} ${key}`).join(', ')));
  return { store, seen };
}

test('a replacement tells of the difference alone, removals first', () => {
  const { store, seen } = createWatched();
  store.replace([item('a', '1'), item('b', '1'), item('c', '1')]);
  store.replace([item('d', '2'), item('a', '1'), item('b', '2')]);
  store.replace([item('d', '2'), item('a', '1'), item('b', '2')]);
  assert.deepEqual(seen, [
    'Added tenant/a, Added tenant/b, Added tenant/c',
    'Removed tenant/c, Added tenant/d, Changed tenant/b',
  ]);
});

test('it is synced by the first replacement, even by an empty one, and by nothing else', async () => {
  const { store, seen } = createWatched();
  store.update([{ type: 'Put', item: item('a', '1') }]);
  assert.equal(store.isSynced, false);
  store.replace([]);
  await store.synced;
  assert.deepEqual([store.isSynced, seen.at(-1)], [true, 'Removed tenant/a']);
});

test('changes carry what was and what is', () => {
  const { store } = createWatched();
  store.replace([item('a', '1', 'old')]);
  const values: unknown[] = [];
  store.subscribe((changes) => {
    for (const change of changes)
      values.push(['before' in change && change.before.value, 'after' in change && change.after.value]);
  });
  store.update([{ type: 'Put', item: item('a', '2', 'new') }]);
  store.update([{ type: 'Put', item: item('a', '3', 'newer', 'other') }]);
  store.update([
    { type: 'Remove', key: 'tenant/a' },
    { type: 'Remove', key: 'tenant/never' },
  ]);
  assert.deepEqual(values, [
    ['old', 'new'],
    ['new', false],
    [false, 'newer'],
    ['newer', false],
  ]);
});

test('an index follows its objects', () => {
  const { store } = createWatched({ byWord: ({ value }: Cached<string>) => value.split(' ') });
  store.replace([item('a', '1', 'red round'), item('b', '1', 'red')]);
  assert.deepEqual([...store.byIndex('byWord', 'red')], ['tenant/a', 'tenant/b']);
  store.update([{ type: 'Put', item: item('a', '2', 'green round') }]);
  assert.deepEqual([...store.byIndex('byWord', 'red')], ['tenant/b']);
  assert.deepEqual([...store.byIndex('byWord', 'green')], ['tenant/a']);
  store.update([{ type: 'Remove', key: 'tenant/a' }]);
  assert.deepEqual([store.byIndex('byWord', 'round').size, store.byIndex('never', 'x').size], [0, 0]);
});
