import assert from 'node:assert/strict';
import { test } from 'node:test';
import pino from 'pino';
import type { StoredObject } from '../kubernetes/kubernetes-object.ts';
import { type Cached, createStore } from '../kubernetes/store.ts';
import { type ObservedObject, observe } from './observed-object.ts';
import { suspendedOrBack } from './touched-objects.ts';

function user(uid: string, resourceVersion: string, suspended: boolean): Cached<ObservedObject> {
  const metadata = { name: 'alice', namespace: 'team', uid, resourceVersion, generation: Number(resourceVersion) };
  const value = observe('GitUser')({ metadata, spec: { suspended } } as unknown as StoredObject);
  return { key: 'team/alice', uid, resourceVersion, value };
}

test('SSHKeys hear of a user who is suspended, or is no longer, also when it was deleted and made anew meanwhile', () => {
  const store = createStore<ObservedObject>({ log: pino({ level: 'silent' }) });
  const told: (readonly string[])[] = [];
  store.subscribe((changes) => told.push([...new Set(suspendedOrBack(changes))]));
  store.replace([user('1', '1', false)]);
  store.replace([user('1', '2', true)]);
  store.replace([user('2', '3', false)]);
  store.replace([user('3', '4', true)]);
  store.replace([user('4', '5', true)]);
  store.replace([]);
  assert.deepEqual(told, [[], ['team/alice'], ['team/alice'], ['team/alice'], ['team/alice'], ['team/alice']]);
});
