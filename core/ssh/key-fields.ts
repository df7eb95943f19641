import { createPublicKey, type KeyObject } from 'node:crypto';
import { isUsablePoint } from './ed25519-point.ts';
import { type EllipticCurve, isOnCurve, nistp256, nistp384, nistp521, splitPoint } from './elliptic-curve.ts';
import type { PublicKeyType } from './key-type.ts';
import { WireError, type WireReader } from './wire.ts';

/** What a public key consists of. The buffers are views of the blob it was read from. */
export type KeyFields =
  | { readonly kind: 'Ed25519'; readonly point: Buffer }
  | { readonly kind: 'Ecdsa'; readonly curve: EllipticCurve; readonly x: Buffer; readonly y: Buffer }
  | { readonly kind: 'Rsa'; readonly exponent: Buffer; readonly modulus: Buffer };

/** OpenSSH's bound, too. A signature check takes time with the square of it. */
const maxRsaBits = 16_384;

/** Programs make keys with exponents from 3 to 65537; a long one only makes checks slow. */
const maxExponentBytes = 4;

/**
 * Reads the fields that follow a key type's name, in a key blob as in a certificate, and accepts only their one
 * canonical form: a key has one blob, so one hash, so one entry in the index.
 * Throws a `WireError` for anything else.
 */
export const readKeyFields = (type: PublicKeyType, reader: WireReader): KeyFields => {
  switch (type) {
    case 'ssh-ed25519':
      return readEd25519(reader);
    case 'ecdsa-sha2-nistp256':
      return readEcdsa(nistp256, reader);
    case 'ecdsa-sha2-nistp384':
      return readEcdsa(nistp384, reader);
    case 'ecdsa-sha2-nistp521':
      return readEcdsa(nistp521, reader);
    case 'ssh-rsa':
      return readRsa(reader);
  }
};

/** RFC 8709 §4: `string key`. */
const readEd25519 = (reader: WireReader): KeyFields => {
  const point = reader.string();
  if (point.length !== 32) throw new WireError('an Ed25519 key has 32 bytes');
  if (!isUsablePoint(point)) throw new WireError('this Ed25519 key protects nothing: anybody can sign for it');
  return { kind: 'Ed25519', point };
};

/** RFC 5656 §3.1: `string curve, string point`; uncompressed, as every SSH program writes it. */
const readEcdsa = (curve: EllipticCurve, reader: WireReader): KeyFields => {
  if (reader.name() !== curve.name) throw new WireError('its curve is not the one of its type');
  const point = splitPoint(curve, reader.string());
  if (!point) throw new WireError('its point is not in uncompressed form');
  if (!isOnCurve(curve, point)) throw new WireError('its point is not on the curve');
  return { kind: 'Ecdsa', curve, ...point };
};

/** RFC 4253 §6.6: `mpint exponent, mpint modulus`. */
const readRsa = (reader: WireReader): KeyFields => {
  const exponent = reader.positiveMpint(maxExponentBytes);
  const modulus = reader.positiveMpint(maxRsaBits / 8);
  if (!isOdd(exponent) || (exponent.length === 1 && exponent.readUInt8(0) < 3)) {
    throw new WireError('its RSA exponent is not an odd number from 3 on');
  }
  if (!isOdd(modulus)) throw new WireError('its RSA modulus is even');
  return { kind: 'Rsa', exponent, modulus };
};

const isOdd = (magnitude: Buffer): boolean => magnitude.readUInt8(magnitude.length - 1) % 2 === 1;

/** The size that people know a key by. */
export const bitsOf = (fields: KeyFields): number => {
  switch (fields.kind) {
    case 'Ed25519':
      return 256;
    case 'Ecdsa':
      return fields.curve.bits;
    case 'Rsa':
      return fields.modulus.length * 8 - (Math.clz32(fields.modulus.readUInt8(0)) - 24);
  }
};

/** Costs far more than reading the fields, so only for a key whose signature is to be checked. */
export const toKeyObject = (fields: KeyFields): KeyObject => createPublicKey({ format: 'jwk', key: toJwk(fields) });

const toJwk = (fields: KeyFields) => {
  switch (fields.kind) {
    case 'Ed25519':
      return { kty: 'OKP', crv: 'Ed25519', x: fields.point.toString('base64url') };
    case 'Ecdsa':
      return {
        kty: 'EC',
        crv: fields.curve.jwkName,
        x: fields.x.toString('base64url'),
        y: fields.y.toString('base64url'),
      };
    case 'Rsa':
      return { kty: 'RSA', e: fields.exponent.toString('base64url'), n: fields.modulus.toString('base64url') };
  }
};
