import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isObjectName, isZero } from './object-name.ts';

const cases = [
  { name: 'a'.repeat(40), valid: true, zero: false },
  { name: '0123456789abcdef'.repeat(4), valid: true, zero: false },
  { name: '0'.repeat(40), valid: true, zero: true },
  { name: '0'.repeat(64), valid: true, zero: true },
  { name: `${'0'.repeat(39)}1`, valid: true, zero: false },
  { name: '', valid: false, zero: false },
  { name: '0', valid: false, zero: false },
  { name: '0'.repeat(41), valid: false, zero: false },
  { name: 'A'.repeat(40), valid: false, zero: false },
  { name: 'g'.repeat(40), valid: false, zero: false },
  { name: `${'a'.repeat(40)}\n`, valid: false, zero: false },
];

describe('an object name', () => {
  for (const { name, valid, zero } of cases) {
    it(`${JSON.stringify(name)}: ${valid ? (zero ? 'zero' : 'valid') : 'invalid'}`, () => {
      assert.equal(isObjectName(name), valid);
      assert.equal(isZero(name), zero);
    });
  }
});
