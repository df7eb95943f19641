import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GatewayEvent, OfferedKey } from './events.ts';
import { createOfferedKeys } from './offered-keys.ts';

const client = { connectionId: 'c', address: '192.0.2.1', clientVersion: 'x' };
const attempt = (key: string) => ({ loginName: 'al\nice', algorithm: 'ssh-ed2\n5519', keyBlob: Buffer.from(key) });
const owners = Array.from({ length: 1_000 }, (_, at) => ({ key: { namespace: `n${at}`, name: 'k' } }));

test('every refused key is told, and nothing in it is unfit for a log', () => {
  const events: GatewayEvent[] = [];
  const { note } = createOfferedKeys((event) => events.push(event), client);
  const outcomes: readonly OfferedKey['outcome'][] = ['Offered', 'UnknownKey', 'BadSignature', 'Proven'];
  for (const outcome of outcomes) note(attempt(outcome), outcome, []);
  assert.deepEqual(
    events.map((event) => event.type === 'KeyRefused' && [event.loginName, event.key.algorithm, event.refusal]),
    [
      ['al?ice', 'ssh-ed2?5519', 'UnknownKey'],
      ['al?ice', 'ssh-ed2?5519', 'BadSignature'],
    ],
  );
});

test('the first keys are listed in their order, five that are unknown, ten that are known, the rest counted', () => {
  const told: GatewayEvent[] = [];
  const collected = createOfferedKeys((event) => told.push(event), client);
  for (let at = 0; at < 1_000; at += 1) {
    collected.note(attempt(`unknown ${at}`), 'UnknownKey', []);
    collected.note(attempt(`known ${at}`), 'Suspended', owners);
  }
  const { keys, unlisted } = collected.offered;
  assert.deepEqual(
    keys.slice(0, 12).map(({ outcome }) => outcome === 'Suspended'),
    [false, true, false, true, false, true, false, true, false, true, true, true],
  );
  assert.deepEqual([keys.length, unlisted, told.length], [15, 1_985, 2_000]);
  assert.equal(keys[1]?.owners.length, 5);
});

test('a key that is offered again with the same outcome is listed once', () => {
  const collected = createOfferedKeys(() => {}, client);
  for (const outcome of ['Offered', 'BadSignature', 'BadSignature', 'Offered'] as const) {
    collected.note(attempt('a'), outcome, owners);
  }
  assert.deepEqual(
    collected.offered.keys.map(({ outcome }) => outcome),
    ['Offered', 'BadSignature'],
  );
  assert.equal(collected.offered.unlisted, 0);
});

test('whether one was refused outlives the list', () => {
  const collected = createOfferedKeys(() => {}, client);
  for (let at = 0; at < 50; at += 1) collected.note(attempt(`${at}`), 'Offered', owners);
  assert.equal(collected.isRefused, false);
  collected.note(attempt('alice'), 'Suspended', owners);
  assert.equal(collected.isRefused, true);
});
