/**
 * The NIST curves that SSH knows (RFC 5656 §10.1), each `y² = x³ - 3x + b` over the integers modulo `p`
 * (constants: SP 800-186 §3.2.1).
 */
export type EllipticCurve = {
  /** As SSH names it, e.g. `nistp256`. */
  readonly name: string;
  /** As JSON Web Keys name it, e.g. `P-256`. */
  readonly jwkName: string;
  readonly bits: number;
  /** The length of a coordinate, and of each half of a signature. */
  readonly bytes: number;
  readonly p: bigint;
  readonly b: bigint;
};

export const nistp256: EllipticCurve = {
  name: 'nistp256',
  jwkName: 'P-256',
  bits: 256,
  bytes: 32,
  p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
};

export const nistp384: EllipticCurve = {
  name: 'nistp384',
  jwkName: 'P-384',
  bits: 384,
  bytes: 48,
  p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
  b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
};

export const nistp521: EllipticCurve = {
  name: 'nistp521',
  jwkName: 'P-521',
  bits: 521,
  bytes: 66,
  p: 2n ** 521n - 1n,
  b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
};

const toInteger = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`);

/** The coordinates of an uncompressed point (SEC 1 §2.3.3: `04 x y`), or undefined if it has another form or length. */
export const splitPoint = (curve: EllipticCurve, point: Buffer): { x: Buffer; y: Buffer } | undefined => {
  if (point.length !== 1 + 2 * curve.bytes || point[0] !== 0x04) return undefined;
  return { x: point.subarray(1, 1 + curve.bytes), y: point.subarray(1 + curve.bytes) };
};

/** All of them have cofactor 1: a point on the curve is a point of the right group (SP 800-56A §5.6.2.3.3). */
export const isOnCurve = ({ p, b }: EllipticCurve, point: { readonly x: Buffer; readonly y: Buffer }): boolean => {
  const x = toInteger(point.x);
  const y = toInteger(point.y);
  return x < p && y < p && (y * y - (x * x * x - 3n * x + b)) % p === 0n;
};
