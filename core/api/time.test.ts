import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBefore } from './time.ts';

const rows: readonly [a: string, b: string, expected: boolean][] = [
  ['2027-01-01T00:00:00Z', '2027-01-01T00:00:01Z', true],
  ['2027-01-01T00:00:00Z', '2027-01-01T00:00:00Z', false],
  ['2027-01-01T00:00:00.000000001Z', '2027-01-01T00:00:00.000000002Z', true],
  ['2027-01-01T00:00:00.1Z', '2027-01-01T00:00:00.09Z', false],
  ['2027-01-01T02:00:00+02:00', '2027-01-01T00:00:00.5Z', true],
  ['1969-12-31T23:59:59.5Z', '1969-12-31T23:59:59.6Z', true],
];
for (const [a, b, expected] of rows) {
  test(`${a} is ${expected ? '' : 'not '}before ${b}`, () => assert.equal(isBefore(a, b), expected));
}
