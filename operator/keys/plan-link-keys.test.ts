import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { formatLinkPublicKey } from '../../core/link/link-key.ts';
import type { KeySecret } from './key-objects.ts';
import type { KeyPlan, SecretChange } from './key-plan.ts';
import { type LinkKeyState, planLinkKeys } from './plan-link-keys.ts';

type Pair = { readonly secret: string; readonly known: string };
const makePair = (): Pair => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    secret: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    known: formatLinkPublicKey(publicKey),
  };
};
const [gateway, operator, nextGateway, nextOperator] = [makePair(), makePair(), makePair(), makePair()];
const current = { 'gateway.pem': gateway.secret, 'operator.pem': operator.secret };
const next = { 'gateway-next.pem': nextGateway.secret, 'operator-next.pem': nextOperator.secret };
const switched = {
  ...{ 'gateway.pem': nextGateway.secret, 'operator.pem': nextOperator.secret },
  ...{ 'gateway-previous.pem': gateway.known, 'operator-previous.pem': operator.known },
};
const known = { 'gateway.pem': gateway.known, 'operator.pem': operator.known };
const knownBoth = {
  'gateway.pem': gateway.known + nextGateway.known,
  'operator.pem': operator.known + nextOperator.known,
};
const knownSwitched = {
  'gateway.pem': nextGateway.known + gateway.known,
  'operator.pem': nextOperator.known + operator.known,
};

const delayMs = 300_000;
const begin = Date.parse('2026-11-22T12:00:00Z');
const beginText = '2026-11-22T12:00:00.000Z';

const rotate = 'gitingress.dev/rotate';
const rotation = 'gitingress.dev/rotation';
const publishedAt = 'gitingress.dev/rotation-published-at';
const switchedAt = 'gitingress.dev/rotation-switched-at';

type Texts = Readonly<Record<string, string>>;
type Given = {
  readonly data?: Texts;
  readonly annotations?: Texts;
  readonly isOurs?: boolean;
  readonly published?: Texts;
};

const stateOf = (
  { data = current, annotations = {}, isOurs = true, published = known }: Given,
  now = begin,
): LinkKeyState => {
  const secret: KeySecret = { uid: 'u', resourceVersion: '1', isOurs, annotations, data };
  return { secret, published: { resourceVersion: '1', data: published }, now, delayMs };
};
const plan = (given: Given, now?: number): KeyPlan => planLinkKeys(stateOf(given, now));
const change = (step: string, change: SecretChange) => ({ type: 'ChangeSecret', step, change });

test('an absent Secret is made, with a key for the gateways and one for the operator', () => {
  const make = ['gateway.pem', 'operator.pem'].map((name) => ({ kind: 'link', name }));
  assert.deepEqual(planLinkKeys({ ...stateOf({}), secret: undefined }), { type: 'MakeSecret', make });
});

test('public halves are published, and again when they were changed or removed', () => {
  for (const published of [
    {},
    { ...known, 'gateway.pem': gateway.known + nextGateway.known },
    { 'gateway.pem': gateway.known },
  ])
    assert.deepEqual(plan({ published }), { type: 'Publish', data: known });
  assert.deepEqual(planLinkKeys({ ...stateOf({}), published: undefined }), { type: 'Publish', data: known });
  assert.deepEqual(plan({ published: { ...known, other: 'left alone' } }), { type: 'Rest' });
});

test('a key that was lost is made anew, in a Secret of ours alone', () => {
  const data = { 'gateway.pem': gateway.secret };
  const make = [{ kind: 'link', name: 'operator.pem' }];
  assert.deepEqual(plan({ data }), change('KeysAdded', { make } as SecretChange));
  const refused = plan({ data, isOurs: false });
  assert.deepEqual(refused.type === 'Refuse' && refused.problem, {
    reason: 'Unusable',
    message: 'it needs operator.pem',
  });
});

test('an unusable key is told of, and nothing is changed or published', () => {
  for (const name of ['gateway.pem', 'operator-next.pem', 'gateway-previous.pem'])
    for (const isOurs of [true, false]) {
      const refused = plan({ data: { ...current, [name]: 'damaged' }, isOurs, published: {} });
      assert.ok(refused.type === 'Refuse');
      assert.equal(refused.problem.reason, 'Unusable');
      assert.ok(refused.problem.message.startsWith(`${name}: `));
    }
});

test('a rotation begins for each new value of the annotation, once', () => {
  const make = ['gateway-next.pem', 'operator-next.pem'].map((name) => ({ kind: 'link', name }));
  const annotations = { [rotation]: 'b', [publishedAt]: null, [switchedAt]: null };
  const begun = change('RotationBegun', { make, annotations } as SecretChange);
  assert.deepEqual(plan({ annotations: { [rotate]: 'b' } }), begun);
  assert.deepEqual(plan({ annotations: { [rotate]: 'b', [rotation]: 'a' } }), begun);
  assert.deepEqual(plan({ annotations: { [rotate]: 'b', [rotation]: 'b' } }), { type: 'Rest' });
  assert.deepEqual(plan({ annotations: { [rotation]: 'b' } }), { type: 'Rest' });
  const refused = plan({ annotations: { [rotate]: 'b' }, isOurs: false });
  assert.equal(refused.type === 'Refuse' && refused.problem.reason, 'NotOurs');
});

test('both public keys are published before the wait begins, and the wait before the switch', () => {
  const data = { ...current, ...next };
  assert.deepEqual(plan({ data }), { type: 'Publish', data: knownBoth });
  const started = change('RotationPublished', { data: {}, annotations: { [publishedAt]: beginText } });
  assert.deepEqual(plan({ data, published: knownBoth }), started);
  const waiting = { data, published: knownBoth, annotations: { [publishedAt]: beginText } };
  assert.deepEqual(plan(waiting, begin + 1_000), { type: 'Wait', ms: delayMs - 1_000 });
  assert.deepEqual(plan(waiting, begin + delayMs - 1), { type: 'Wait', ms: 1 });
  const end = begin + delayMs;
  const { 'gateway-previous.pem': oldGateway, 'operator-previous.pem': oldOperator } = switched;
  assert.deepEqual(
    plan(waiting, end),
    change('RotationSwitched', {
      data: {
        ...{ 'gateway.pem': nextGateway.secret, 'gateway-next.pem': null, 'gateway-previous.pem': oldGateway },
        ...{ 'operator.pem': nextOperator.secret, 'operator-next.pem': null, 'operator-previous.pem': oldOperator },
      },
      annotations: { [publishedAt]: null, [switchedAt]: new Date(end).toISOString() },
    }),
  );
});

test('a ConfigMap that was changed during the wait is repaired, and the wait begins anew', () => {
  const data = { ...current, ...next };
  const annotations = { [publishedAt]: beginText };
  // Also when the time is over: the new key may have been away until now.
  const heldBack = change('RotationHeldBack', { data: {}, annotations: { [publishedAt]: null } });
  assert.deepEqual(plan({ data, annotations, published: known }, begin + 2 * delayMs), heldBack);
  assert.deepEqual(plan({ data, published: known }, begin + 2 * delayMs), { type: 'Publish', data: knownBoth });
});

test('a time that is no time, or that has not been, begins the wait anew', () => {
  const data = { ...current, ...next };
  for (const time of ['', 'yesterday', new Date(begin + 1_000).toISOString()]) {
    const started = change('RotationPublished', { data: {}, annotations: { [publishedAt]: beginText } });
    assert.deepEqual(plan({ data, published: knownBoth, annotations: { [publishedAt]: time } }), started);
  }
});

test('the old public keys stay until every gateway has the new private key', () => {
  const annotations = { [switchedAt]: beginText };
  assert.deepEqual(plan({ data: switched, published: knownBoth, annotations }), {
    type: 'Publish',
    data: knownSwitched,
  });
  const waiting = { data: switched, published: knownSwitched, annotations };
  assert.deepEqual(plan(waiting, begin + 1_000), { type: 'Wait', ms: delayMs - 1_000 });
  const gone = { 'gateway-previous.pem': null, 'operator-previous.pem': null };
  const finished = change('RotationFinished', { data: gone, annotations: { [switchedAt]: null } });
  assert.deepEqual(plan(waiting, begin + delayMs), finished);
  const started = change('RotationSwitched', { data: {}, annotations: { [switchedAt]: beginText } });
  assert.deepEqual(plan({ ...waiting, annotations: {} }), started);
});

test('a request that comes during a rotation waits for its end', () => {
  const annotations = { [rotate]: 'b', [rotation]: 'a' };
  const first = {
    data: { ...current, ...next },
    published: knownBoth,
    annotations: { ...annotations, [publishedAt]: beginText },
  };
  assert.equal(plan(first).type, 'Wait');
  const second = { data: switched, published: knownSwitched, annotations: { ...annotations, [switchedAt]: beginText } };
  assert.equal(plan(second).type, 'Wait');
});

test('keys that the administrator rolls in a Secret of their own are published, and theirs to switch', () => {
  const data = { ...current, ...next };
  assert.deepEqual(plan({ data, isOurs: false }), { type: 'Publish', data: knownBoth });
  assert.deepEqual(plan({ data, isOurs: false, published: knownBoth }, begin + 2 * delayMs), { type: 'Rest' });
});
