import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { isOnCurve, nistp256, nistp384, nistp521, splitPoint } from './elliptic-curve.ts';

const toBytes = (value: bigint, length: number): Buffer =>
  Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex');
const toInteger = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`);

for (const curve of [nistp256, nistp384, nistp521]) {
  describe(curve.name, () => {
    const realPoint = () => {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: curve.jwkName });
      const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
      return { x: Buffer.from(x, 'base64url'), y: Buffer.from(y, 'base64url') };
    };

    it('holds the points of real keys, and none beside them', () => {
      for (let round = 0; round < 20; round++) {
        const point = realPoint();
        assert.equal(isOnCurve(curve, point), true);
        const beside = Buffer.from(point.y);
        beside.writeUInt8(beside.readUInt8(curve.bytes - 1) ^ 1, curve.bytes - 1);
        assert.equal(isOnCurve(curve, { x: point.x, y: beside }), false);
        assert.equal(isOnCurve(curve, { x: point.y, y: point.x }), false);
      }
      const zero = Buffer.alloc(curve.bytes);
      assert.equal(isOnCurve(curve, { x: zero, y: zero }), false);
    });

    it('takes a point in uncompressed form only', () => {
      const { x, y } = realPoint();
      const point = (form: number, ...parts: Buffer[]) => Buffer.concat([Buffer.from([form]), ...parts]);
      assert.deepEqual(splitPoint(curve, point(4, x, y)), { x, y });
      for (const other of [point(2, x), point(3, x), point(6, x, y), point(4, x), point(4, x, y, y), point(0)]) {
        assert.equal(splitPoint(curve, other), undefined);
      }
    });
  });
}

describe('nistp521', () => {
  it('refuses a coordinate of p or more, though it is the same modulo p', () => {
    const { x = '', y = '' } = generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey.export({ format: 'jwk' });
    const point = { x: Buffer.from(x, 'base64url'), y: Buffer.from(y, 'base64url') };
    const plusP = (coordinate: Buffer) => toBytes(toInteger(coordinate) + nistp521.p, nistp521.bytes);
    assert.equal(isOnCurve(nistp521, { ...point, x: plusP(point.x) }), false);
    assert.equal(isOnCurve(nistp521, { ...point, y: plusP(point.y) }), false);
  });
});
