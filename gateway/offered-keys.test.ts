import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GatewayEvent, OfferedKey } from './events.ts';
import { createOfferedKeys } from './offered-keys.ts';

const client = { connectionId: 'c', address: '192.0.2.1', clientVersion: 'x' };
const attempt = (loginName: string) => ({ loginName, algorithm: 'ssh-ed25519', keyBlob: Buffer.from(loginName) });

test('every refused key is told, a bounded list of all is kept, and nothing in it is unfit for a log', () => {
  const events: GatewayEvent[] = [];
  const offered = createOfferedKeys((event) => events.push(event), client);
  const outcomes: readonly OfferedKey['outcome'][] = ['Offered', 'UnknownKey', 'BadSignature', 'Proven'];
  for (const outcome of outcomes) offered.note(attempt(`al\nice-${outcome}`), outcome, []);
  assert.deepEqual(
    offered.list.map(({ loginName, outcome }) => [loginName, outcome]),
    outcomes.map((outcome) => [`al?ice-${outcome}`, outcome]),
  );
  assert.deepEqual(
    events.map((event) => event.type === 'KeyRefused' && event.refusal),
    ['UnknownKey', 'BadSignature'],
  );

  for (let count = 0; count < 1_000; count += 1) offered.note(attempt(`${count}`), 'UnknownKey', []);
  assert.equal(offered.list.length, 50);
  assert.equal(events.length, 1_002);
});

test('whether one was refused outlives the list, and the owners of a key that many list are bounded', () => {
  const offered = createOfferedKeys(() => {}, client);
  const owners = Array.from({ length: 1_000 }, (_, at) => ({ key: { namespace: `n${at}`, name: 'k' } }));
  for (let count = 0; count < 50; count += 1) offered.note(attempt('alice'), 'Offered', owners);
  assert.equal(offered.list[0]?.owners.length, 10);
  assert.equal(offered.isRefused, false);
  offered.note(attempt('alice'), 'Suspended', owners);
  assert.equal(offered.isRefused, true);
});
