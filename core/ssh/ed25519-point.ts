/** `y` of the points whose order divides 8, little-endian, with the sign bit of `x` left out. */
const lowOrderPoints: ReadonlySet<string> = new Set([
  `00${'00'.repeat(31)}`,
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]);

/** Not below 2²⁵⁵ - 19, so a second spelling of a smaller `y`. */
const isReducible = (y: Buffer): boolean =>
  y[31] === 0x7f && y.readUInt8(0) >= 0xed && y.subarray(1, 31).every((byte) => byte === 0xff);

/**
 * Whether 32 bytes can be somebody's Ed25519 public key (RFC 8032 §5.1.3). Low-order points cannot: anybody can make
 * signatures that verify under them (OpenSSL 3.0 accepts those, 3.5 does not). Whether `y` lies on the curve is left
 * open, for that takes an exponentiation: no signature verifies under a `y` that does not.
 */
export const isUsablePoint = (point: Buffer): boolean => {
  const y = Buffer.from(point);
  y.writeUInt8(y.readUInt8(31) & 0x7f, 31);
  return !isReducible(y) && !lowOrderPoints.has(y.toString('hex'));
};
