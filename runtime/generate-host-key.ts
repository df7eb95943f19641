import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { HostKeyKind } from '../core/ssh/host-key.ts';
import { encodeOpenSshPrivateKey } from '../core/ssh/openssh-private-key.ts';
import { encodeMpint, encodeString } from '../core/ssh/wire.ts';

const rsaBits = 3_072;

/**
 * Makes a new host key.
 * @returns `privateKey` in OpenSSH's format, and `publicKey` as one line, `TYPE BASE64`.
 */
export function generateHostKey(kind: HostKeyKind): { readonly privateKey: string; readonly publicKey: string } {
  // Now and then ssh2's own generator makes a key that nothing can read.
  const { type, publicBlob, privateFields } = kind === 'rsa' ? generateRsa() : generateEd25519();
  return {
    privateKey: encodeOpenSshPrivateKey(type, publicBlob, privateFields, randomBytes(4)),
    publicKey: `${type} ${publicBlob.toString('base64')}`,
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
  const jwk = generateKeyPairSync('rsa', { modulusLength: rsaBits }).privateKey.export({ format: 'jwk' });
  const mpint = (value: string | undefined): Buffer => encodeMpint(decodeJwk(value));
  const type = 'ssh-rsa';
  return {
    type,
    publicBlob: Buffer.concat([encodeString(type), mpint(jwk.e), mpint(jwk.n)]),
    privateFields: [jwk.n, jwk.e, jwk.d, jwk.qi, jwk.p, jwk.q].map(mpint),
  };
}

const decodeJwk = (value: string | undefined): Buffer => Buffer.from(value ?? '', 'base64url');
