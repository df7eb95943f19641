import { verify } from 'node:crypto';
import { type KeyFields, readKeyFields, toKeyObject } from './key-fields.ts';
import type { PublicKeyType } from './key-type.ts';
import type { PublicKey } from './public-key.ts';
import { WireError, WireReader } from './wire.ts';

type SignatureScheme = { readonly keyType: PublicKeyType; readonly digest: 'sha256' | 'sha384' | 'sha512' | null };

/** RFC 8709, RFC 5656 §6.2.1, RFC 8332. `ssh-rsa` (SHA-1) must never be in it. */
const schemes: ReadonlyMap<string, SignatureScheme> = new Map<string, SignatureScheme>([
  ['ssh-ed25519', { keyType: 'ssh-ed25519', digest: null }],
  ['ecdsa-sha2-nistp256', { keyType: 'ecdsa-sha2-nistp256', digest: 'sha256' }],
  ['ecdsa-sha2-nistp384', { keyType: 'ecdsa-sha2-nistp384', digest: 'sha384' }],
  ['ecdsa-sha2-nistp521', { keyType: 'ecdsa-sha2-nistp521', digest: 'sha512' }],
  ['rsa-sha2-512', { keyType: 'ssh-rsa', digest: 'sha512' }],
  ['rsa-sha2-256', { keyType: 'ssh-rsa', digest: 'sha256' }],
]);

/** What users can prove themselves with, best first: the list that `server-sig-algs` announces (RFC 8308 §3.1). */
export const signatureAlgorithms: readonly string[] = [...schemes.keys()];

/** The type of the keys that sign with `algorithm`; undefined for an algorithm that is refused. */
export const keyTypeOfAlgorithm = (algorithm: string): PublicKeyType | undefined => schemes.get(algorithm)?.keyType;

/**
 * Whether `signature` is one that the owner of `key` made over `data`. Takes any input and never throws: what cannot be
 * read is no signature.
 * @param algorithm what the client asked to be judged by; one that the key's type does not sign with is refused, and so
 * is a signature that names another one.
 * @param signature the whole blob: `string algorithm, string signature` (RFC 4253 §6.6).
 */
export const verifySignature = (key: PublicKey, algorithm: string, signature: Buffer, data: Buffer): boolean => {
  const scheme = schemes.get(algorithm);
  if (scheme === undefined || scheme.keyType !== key.type) return false;
  try {
    const fields = readFieldsOf(key);
    const reader = new WireReader(signature);
    if (reader.name() !== algorithm) return false;
    const raw = toCryptoSignature(fields, reader.string());
    reader.end();
    const publicKey = toKeyObject(fields);
    // Options cost a tenth of the verification, so only where they are needed.
    const input = fields.kind === 'Ecdsa' ? { key: publicKey, dsaEncoding: 'ieee-p1363' as const } : publicKey;
    return verify(scheme.digest, data, input, raw);
  } catch {
    // A WireError, or OpenSSL that refuses the key or the signature. Whatever it was, nothing was proven.
    return false;
  }
};

const readFieldsOf = (key: PublicKey): KeyFields => {
  const reader = new WireReader(key.blob);
  if (reader.name() !== key.type) throw new WireError('the key has another type');
  const fields = readKeyFields(key.type, reader);
  reader.end();
  return fields;
};

/** From SSH's form of a signature to the one that node:crypto takes. Throws a `WireError` if it has another form. */
const toCryptoSignature = (fields: KeyFields, bytes: Buffer): Buffer => {
  switch (fields.kind) {
    case 'Ed25519':
      if (bytes.length !== 64) throw new WireError('an Ed25519 signature has 64 bytes');
      return bytes;
    case 'Ecdsa': {
      const reader = new WireReader(bytes);
      const r = reader.positiveMpint(fields.curve.bytes);
      const s = reader.positiveMpint(fields.curve.bytes);
      reader.end();
      return Buffer.concat([padLeft(r, fields.curve.bytes), padLeft(s, fields.curve.bytes)]);
    }
    case 'Rsa':
      // RFC 8332 §3 wants the modulus' length, yet some agents leave leading zeros out, so 1 login in 256 has fewer.
      // OpenSSH accepts them; it is the same number.
      if (bytes.length > fields.modulus.length) throw new WireError('an RSA signature is no longer than the modulus');
      return padLeft(bytes, fields.modulus.length);
  }
};

const padLeft = (bytes: Buffer, length: number): Buffer => Buffer.concat([Buffer.alloc(length - bytes.length), bytes]);
