import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { err, ok, type Result } from '../result.ts';
import { readOpenSshPrivateKey } from './openssh-private-key.ts';
import { encodeMpint, encodeString, WireError, type WireReader } from './wire.ts';

/** The kinds of host keys that we make, as ssh-keygen and the names of files have them; the best first. */
export const hostKeyKinds = ['ed25519', 'rsa'] as const;
export type HostKeyKind = (typeof hostKeyKinds)[number];

/** As sshd calls the file that a host key is in. */
export const hostKeyFile = (kind: HostKeyKind): string => `ssh_host_${kind}_key`;

/** Whether a file is called like a host key of sshd, of whatever kind. */
export const looksLikeHostKeyFile = (name: string): boolean => /^ssh_host_\w+_key$/.test(name);

/** The public half of a host key. */
export type PublicHostKey = {
  /** As in the first field of a public key line. */
  readonly type: 'ssh-ed25519' | 'ssh-rsa';
  /** The key blob of RFC 4253 §6.6. */
  readonly blob: Buffer;
};

const minRsaBits = 2_048;
const maxRsaBits = 16_384;
/** Of the longest RSA key with room to spare. */
const maxTextLength = 32_768;
const unreadable = 'a host key cannot be read: it is damaged, encrypted, or no private key';

/**
 * Reads the public half of a private host key, and makes sure that both halves are of one key.
 * @param text an unencrypted private key as OpenSSH writes it, or an RSA key in the older PEM form (PKCS#1).
 * @returns what is wrong, for people, without any of the key's text.
 */
export function parseHostKey(text: string): Result<PublicHostKey, string> {
  if (text.length > maxTextLength) return err(unreadable);
  if (/^(\S+ AAAA|-----BEGIN .*PUBLIC KEY)/.test(text.trimStart()))
    return err('a host key is a public key; the private one is needed');
  try {
    if (text.includes('BEGIN RSA PRIVATE KEY')) return checkRsa(readPem(text));
    const { type, fields } = readOpenSshPrivateKey(text);
    if (type === 'ssh-ed25519') return ok(readEd25519(fields));
    if (type === 'ssh-rsa') return checkRsa(readRsa(fields));
    return err(`a host key has the type ${type.slice(0, 64)}; use ed25519 or RSA`);
  } catch (error) {
    if (error instanceof WireError) return err(unreadable);
    throw error;
  }
}

/** RFC 8410: what stands before the seed of an Ed25519 key in PKCS#8. */
const ed25519Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/** `string public`, then `string seed || public`. */
function readEd25519(fields: WireReader): PublicHostKey {
  const [point, secret] = [fields.string(), fields.string()];
  if (point.length !== 32 || secret.length !== 64) throw new WireError('its lengths are not those of Ed25519');
  const key = Buffer.concat([ed25519Prefix, secret.subarray(0, 32)]);
  const { x = '' } = createPublicKey(createPrivateKey({ key, format: 'der', type: 'pkcs8' })).export({ format: 'jwk' });
  const derived = Buffer.from(x, 'base64url');
  if (!derived.equals(point) || !derived.equals(secret.subarray(32))) throw new WireError('its halves differ');
  const type = 'ssh-ed25519';
  return { type, blob: Buffer.concat([encodeString(type), encodeString(point)]) };
}

type RsaNumbers = Readonly<Record<'n' | 'e' | 'd' | 'p' | 'q', Buffer>>;

/** `mpint n, e, d, q⁻¹ mod p, p, q`. */
function readRsa(fields: WireReader): RsaNumbers {
  const next = (): Buffer => fields.positiveMpint(maxRsaBits / 8);
  const [n, e, d, , p, q] = [next(), next(), next(), next(), next(), next()];
  return { n, e, d, p, q };
}

function readPem(text: string): RsaNumbers {
  const { n = '', e = '', d = '', p = '', q = '' } = openPem(text).export({ format: 'jwk' });
  const number = (base64: string): Buffer => Buffer.from(base64, 'base64url');
  return { n: number(n), e: number(e), d: number(d), p: number(p), q: number(q) };
}

function openPem(text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (cause) {
    throw new WireError('it is damaged or encrypted', { cause });
  }
}

function checkRsa(numbers: RsaNumbers): Result<PublicHostKey, string> {
  const toBigInt = (magnitude: Buffer): bigint => BigInt(`0x0${magnitude.toString('hex')}`);
  const [n, e, d] = [toBigInt(numbers.n), toBigInt(numbers.e), toBigInt(numbers.d)];
  const [p, q] = [toBigInt(numbers.p), toBigInt(numbers.q)];
  const isOneKey = p > 1n && q > 1n && p * q === n && (e * d) % (p - 1n) === 1n && (e * d) % (q - 1n) === 1n;
  if (!isOneKey) return err(unreadable);
  const bits = n.toString(2).length;
  if (bits > maxRsaBits) return err(unreadable);
  if (bits < minRsaBits) return err(`an RSA host key has ${bits} bits; at least ${minRsaBits} are needed`);
  const type = 'ssh-rsa';
  return ok({ type, blob: Buffer.concat([encodeString(type), encodeMpint(numbers.e), encodeMpint(numbers.n)]) });
}
