import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLineLimit } from './line-limit.ts';

function createLimit() {
  let now = 0;
  const limit = createLineLimit({ wall: () => 0, steady: () => now }, { max: 5, maxPerOrigin: 2 });
  return {
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    admit: (...addresses: readonly string[]) => addresses.map((address) => limit.admit(address)),
  };
}

test('one address uses up its own share of the log, and the next line tells what was left out', () => {
  const { admit } = createLimit();
  assert.deepEqual(admit('a', 'a', 'a', 'a', 'b', 'b'), [0, 0, undefined, undefined, 2, 0]);
});

test('many addresses have a share in common', () => {
  const { admit } = createLimit();
  assert.deepEqual(admit('a', 'b', 'c', 'd', 'e', 'f', 'g'), [0, 0, 0, 0, 0, undefined, undefined]);
});

test('addresses of one /64 are one', () => {
  const { admit } = createLimit();
  assert.deepEqual(admit('2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8:0:1::1'), [0, 0, undefined, 1]);
});

test('after ten seconds there is room again', () => {
  const { admit, pass } = createLimit();
  admit('a', 'a', 'a');
  pass(9_999);
  assert.deepEqual(admit('a'), [undefined]);
  pass(1);
  assert.deepEqual(admit('a', 'a', 'a'), [2, 0, undefined]);
});
