import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildLeaseRecord, buildReleasedRecord, type LeaseRecord, mayTakeLease, parseLease } from './lease-record.ts';

const held: LeaseRecord = {
  ...{ holderIdentity: 'other', leaseDurationSeconds: 15, leaseTransitions: 3 },
  ...{ acquireTime: '2026-01-01T00:00:00.000000Z', renewTime: '2026-01-01T00:00:00.000000Z' },
};
const observation = { resourceVersion: '7', at: 1_000 };

const rows: readonly [what: string, record: LeaseRecord, now: number, expected: boolean][] = [
  ['somebody else holds it', held, 15_999, false],
  ['its time is over since we saw it change', held, 16_000, true],
  ['it was given back', { ...held, holderIdentity: '' }, 1_000, true],
  ['we hold it', { ...held, holderIdentity: 'us' }, 1_000, true],
  // Clocks of others play no part: a renewal of years ago may be of this second.
  ['its times are far away', { ...held, renewTime: '1990-01-01T00:00:00.000000Z' }, 15_999, false],
];
for (const [what, record, now, expected] of rows) {
  test(`a lease may ${expected ? '' : 'not '}be taken when ${what}`, () => {
    assert.equal(mayTakeLease(record, observation, { identity: 'us', now }), expected);
  });
}

test('each new holder counts as a transition, a renewal does not', () => {
  const options = { identity: 'us', durationSeconds: 15, wallNow: Date.UTC(2026, 0, 2) };
  const first = buildLeaseRecord(undefined, options);
  assert.deepEqual([first.leaseTransitions, first.renewTime], [0, '2026-01-02T00:00:00.000000Z']);
  const taken = buildLeaseRecord(held, options);
  assert.deepEqual([taken.leaseTransitions, taken.acquireTime], [4, '2026-01-02T00:00:00.000000Z']);
  const renewed = buildLeaseRecord(taken, { ...options, wallNow: options.wallNow + 2_000 });
  assert.deepEqual(
    [renewed.leaseTransitions, renewed.acquireTime, renewed.renewTime],
    [4, '2026-01-02T00:00:00.000000Z', '2026-01-02T00:00:02.000000Z'],
  );
  const released = buildReleasedRecord(renewed, options.wallNow);
  assert.deepEqual([released.holderIdentity, released.leaseDurationSeconds, released.leaseTransitions], ['', 1, 4]);
});

test('a lease that somebody else wrote, whatever is in it, is read', () => {
  const metadata = { name: 'a', uid: 'b', resourceVersion: '1' };
  const object = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata };
  assert.equal(parseLease(object).holderIdentity, '');
  const odd = { holderIdentity: 7, leaseDurationSeconds: 'long' };
  assert.deepEqual(parseLease({ ...object, spec: odd }).leaseDurationSeconds, 0);
});
