import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { isUsablePoint } from './ed25519-point.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

const lowOrder = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map(hex);

const realPoint = (): Buffer => {
  const { x = '' } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
  return Buffer.from(x, 'base64url');
};

const withOtherSign = (point: Buffer): Buffer => {
  const other = Buffer.from(point);
  other.writeUInt8(other.readUInt8(31) ^ 0x80, 31);
  return other;
};

/** RFC 8032 §5.1: the field, and the curve `-x² + y² = 1 + dx²y²`. */
const p = 2n ** 255n - 19n;
const mod = (value: bigint): bigint => ((value % p) + p) % p;
const power = (base: bigint, exponent: bigint): bigint => {
  let result = 1n;
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n, square = mod(square * square)) {
    if (rest & 1n) result = mod(result * square);
  }
  return result;
};
const divide = (numerator: bigint, denominator: bigint): bigint => mod(numerator * power(mod(denominator), p - 2n));
const d = divide(-121665n, 121666n);

/** `y` of 8 times the point with this `y`: doubling needs `x²` alone, which the curve gives. */
const timesEight = (point: Buffer): bigint => {
  let y = BigInt(`0x${Buffer.from(point).reverse().toString('hex')}`) & (2n ** 255n - 1n);
  for (let doubling = 0; doubling < 3; doubling++) {
    const y2 = mod(y * y);
    const x2 = divide(y2 - 1n, d * y2 + 1n);
    y = divide(y2 + x2, 1n - d * x2 * y2);
  }
  return y;
};

describe('an Ed25519 point', () => {
  for (const point of lowOrder) {
    it(`is refused where 8 times it is the neutral one: ${point.toString('hex')}`, () => {
      assert.equal(timesEight(point), 1n);
      assert.equal(isUsablePoint(point), false);
      assert.equal(isUsablePoint(withOtherSign(point)), false);
    });
  }

  it('is refused in its second spelling', () => {
    for (const lowest of ['ed', 'ee', 'f0', 'ff']) {
      const point = hex(`${lowest}${'ff'.repeat(30)}7f`);
      assert.equal(isUsablePoint(point), false);
      assert.equal(isUsablePoint(withOtherSign(point)), false);
    }
  });

  it('is taken if it is a real one', () => {
    for (let round = 0; round < 20; round++) {
      const point = realPoint();
      assert.notEqual(timesEight(point), 1n);
      assert.equal(isUsablePoint(point), true);
    }
    assert.equal(isUsablePoint(hex(`eb${'ff'.repeat(30)}7f`)), true);
    assert.equal(isUsablePoint(hex(`ed${'ff'.repeat(30)}7e`)), true);
  });
});
