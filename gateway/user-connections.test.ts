import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Identity } from '../core/access/identity.ts';
import { createUserConnections } from './user-connections.ts';

const user = (name: string): Identity => ({
  kind: 'User',
  user: { namespace: 'n', name },
  groups: [],
  access: 'ReadWrite',
});

it('bounds the connections of one user, and gives a place back once', () => {
  const connections = createUserConnections(2);
  const leave = connections.enter([user('bob')]);
  assert.ok(leave && connections.enter([user('bob')]));
  assert.equal(connections.enter([user('bob')]), undefined);
  assert.ok(connections.enter([user('alice')]));
  leave();
  leave();
  assert.ok(connections.enter([user('bob')]));
  assert.equal(connections.enter([user('bob')]), undefined);
});

it("does not count against bob what mallory, who lists bob's key too, does with her own", () => {
  const connections = createUserConnections(2);
  connections.enter([user('mallory')]);
  connections.enter([user('mallory')]);
  assert.ok(connections.enter([user('mallory'), user('bob')]));
  assert.ok(connections.enter([user('mallory'), user('bob')]));
  assert.equal(connections.enter([user('mallory'), user('bob')]), undefined);
});
