import { generateKeyPairSync, sign } from 'node:crypto';
import { encodeString } from '../../../core/ssh/wire.ts';

/** An Ed25519 key of an attacker, or of a user. */
export type ClientKey = {
  readonly algorithm: 'ssh-ed25519';
  readonly blob: Buffer;
  /** One line, as in authorized_keys. */
  readonly publicKeyLine: string;
  /** `string algorithm, string signature` over `data`. */
  sign(data: Buffer): Buffer;
};

export const createClientKey = (): ClientKey => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const blob = Buffer.concat([encodeString('ssh-ed25519'), encodeString(raw)]);
  return {
    algorithm: 'ssh-ed25519',
    blob,
    publicKeyLine: `ssh-ed25519 ${blob.toString('base64')}`,
    sign: (data) => Buffer.concat([encodeString('ssh-ed25519'), encodeString(sign(null, data, privateKey))]),
  };
};
