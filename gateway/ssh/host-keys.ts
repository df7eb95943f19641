import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import ssh2, { type ParsedKey } from 'ssh2';
import { encodeMpint, encodeString } from '../../core/ssh/wire.ts';
import { hostKeyAlgorithms } from './algorithms.ts';
import { encodeOpenSshPrivateKey } from './openssh-private-key.ts';

const minRsaBits = 2048;
const generatedRsaBits = 3072;

/**
 * Makes a new host key.
 * @returns `privateKey` in OpenSSH's format, and `publicKey` as one line, `TYPE BASE64`.
 */
export function generateHostKey(type: 'ed25519' | 'rsa'): { readonly privateKey: string; readonly publicKey: string } {
  // Now and then ssh2's own generator makes a key that nothing can read.
  const { type: name, publicBlob, privateFields } = type === 'rsa' ? generateRsa() : generateEd25519();
  return {
    privateKey: encodeOpenSshPrivateKey(name, publicBlob, privateFields),
    publicKey: `${name} ${publicBlob.toString('base64')}`,
  };
}

type GeneratedKey = { readonly type: string; readonly publicBlob: Buffer; readonly privateFields: readonly Buffer[] };

function generateEd25519(): GeneratedKey {
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const [seed, point] = [decodeJwk(d), decodeJwk(x)];
  const type = 'ssh-ed25519';
  return {
    type,
    publicBlob: Buffer.concat([encodeString(type), encodeString(point)]),
    privateFields: [encodeString(point), encodeString(Buffer.concat([seed, point]))],
  };
}

function generateRsa(): GeneratedKey {
  const jwk = generateKeyPairSync('rsa', { modulusLength: generatedRsaBits }).privateKey.export({ format: 'jwk' });
  const mpint = (value: string | undefined): Buffer => encodeMpint(decodeJwk(value));
  const type = 'ssh-rsa';
  return {
    type,
    publicBlob: Buffer.concat([encodeString(type), mpint(jwk.e), mpint(jwk.n)]),
    privateFields: [jwk.n, jwk.e, jwk.d, jwk.qi, jwk.p, jwk.q].map(mpint),
  };
}

const decodeJwk = (value: string | undefined): Buffer => Buffer.from(value ?? '', 'base64url');

/**
 * The public half of a host key.
 * @param privateKey the text of an unencrypted private key, as OpenSSH writes it.
 * @returns `type` as in the first field of a public key line, and the key blob of RFC 4253 §6.6.
 * @throws Error with a message for people, without any of the key's text.
 */
export function publicHostKey(privateKey: string): { readonly type: string; readonly blob: Buffer } {
  const key = parseHostKey(privateKey);
  return { type: key.type, blob: key.getPublicSSH() };
}

/**
 * The keys that a server signs with, by signature algorithm; best first whatever the order of the texts.
 * @throws Error for an unusable key, and when two have the same type.
 */
export function loadHostKeys(privateKeys: readonly string[]): ReadonlyMap<string, ParsedKey> {
  const byType = new Map<string, ParsedKey>();
  for (const privateKey of privateKeys) {
    const key = parseHostKey(privateKey);
    if (byType.has(key.type)) throw new Error(`there are two host keys of type ${key.type}`);
    byType.set(key.type, key);
  }
  if (byType.size === 0) throw new Error('there is no host key');

  const byAlgorithm = new Map<string, ParsedKey>();
  for (const [type, algorithms] of Object.entries(hostKeyAlgorithms)) {
    const key = byType.get(type);
    if (key !== undefined) for (const algorithm of algorithms) byAlgorithm.set(algorithm, key);
  }
  return byAlgorithm;
}

function parseHostKey(text: string): ParsedKey {
  const parsed = ssh2.utils.parseKey(text);
  if (parsed instanceof Error)
    throw new Error('a host key cannot be read: it is damaged, encrypted, or no private key');
  const key = Array.isArray(parsed) ? (parsed[0] as ParsedKey) : parsed;
  if (!key.isPrivateKey()) throw new Error('a host key is a public key; the private one is needed');
  if (!(key.type in hostKeyAlgorithms)) throw new Error(`a host key has the type ${key.type}; use ed25519 or RSA`);
  if (key.type === 'ssh-rsa') {
    const bits = createPublicKey(key.getPublicPEM()).asymmetricKeyDetails?.modulusLength ?? 0;
    if (bits < minRsaBits) throw new Error(`an RSA host key has ${bits} bits; at least ${minRsaBits} are needed`);
  }
  return key;
}
