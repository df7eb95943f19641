import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AdmissionLimits, createAdmission, type Place } from './admission.ts';

const limits: AdmissionLimits = {
  maxConnections: 6,
  maxPending: 4,
  maxPendingPerAddress: 2,
  exemptRanges: ['198.51.100.0/24'],
};

const nobody = (): void => {};

const mustEnter = (place: ReturnType<ReturnType<typeof createAdmission>['enter']>): Place => {
  assert.ok(typeof place === 'object', String(place));
  return place;
};

describe('admission', () => {
  it('bounds connections that have not logged in for each address', () => {
    const admission = createAdmission(limits);
    const first = mustEnter(admission.enter('192.0.2.1', nobody));
    mustEnter(admission.enter('192.0.2.1', nobody));
    assert.equal(admission.enter('192.0.2.1', nobody), 'TooManyPendingFromAddress');
    first.loggedIn();
    mustEnter(admission.enter('192.0.2.1', nobody));
    assert.deepEqual([admission.connections, admission.pending], [3, 2]);
  });

  it('bounds them in all, and lets the oldest of the origin that has the most give way', () => {
    const admission = createAdmission(limits);
    const gone: string[] = [];
    const arrive = (address: string, name: string) => admission.enter(address, () => gone.push(name));
    mustEnter(arrive('192.0.2.1', 'a1'));
    mustEnter(arrive('192.0.2.2', 'b1'));
    mustEnter(arrive('192.0.2.1', 'a2'));
    mustEnter(arrive('192.0.2.3', 'c1'));
    mustEnter(arrive('192.0.2.4', 'd1'));
    assert.deepEqual(gone, ['a1']);
    assert.deepEqual([admission.connections, admission.pending], [4, 4]);
    assert.equal(arrive('192.0.2.5', 'e1'), 'TooManyPending');
    assert.deepEqual(gone, ['a1']);
  });

  it('bounds connections in all', () => {
    const admission = createAdmission(limits);
    for (let n = 0; n < 6; n++) mustEnter(admission.enter(`192.0.2.${n}`, nobody)).loggedIn();
    assert.equal(admission.enter('192.0.2.9', nobody), 'TooManyConnections');
  });

  it('gives a place back once, however often it is left', () => {
    const admission = createAdmission(limits);
    const place = mustEnter(admission.enter('192.0.2.1', nobody));
    mustEnter(admission.enter('192.0.2.1', nobody));
    for (let n = 0; n < 3; n++) {
      place.loggedIn();
      place.leave();
    }
    assert.deepEqual([admission.connections, admission.pending], [1, 1]);
    mustEnter(admission.enter('192.0.2.1', nobody));
    assert.equal(admission.enter('192.0.2.1', nobody), 'TooManyPendingFromAddress');
  });

  it('lets many clients come from one exempt address', () => {
    const admission = createAdmission(limits);
    for (let n = 0; n < 4; n++) mustEnter(admission.enter('198.51.100.7', nobody));
    assert.equal(admission.enter('198.51.100.7', nobody), 'TooManyPending');
  });

  for (const [name, one, other, expected] of [
    ['addresses of one /64 as one', '2001:db8::1', '2001:db8:0:0:ffff::2', 'TooManyPendingFromAddress'],
    ['addresses of two /64 apart', '2001:db8:0:1::1', '2001:db8:0:2::1', undefined],
    ['the loopback address as one', '::1', '::1', 'TooManyPendingFromAddress'],
  ] as const) {
    it(`counts ${name}`, () => {
      const admission = createAdmission(limits);
      mustEnter(admission.enter(one, nobody));
      mustEnter(admission.enter(one, nobody));
      const last = admission.enter(other, nobody);
      assert.equal(typeof last === 'string' ? last : undefined, expected);
    });
  }
});
