import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { err, ok, type Result } from '../result.ts';

const publicKeyBlock = /-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g;
/** More would be of nobody's making: each is tried out by name, and takes memory. */
const maxPublicKeys = 64;

/**
 * Reads the public keys of those whose tickets a repository server honours: one or several Ed25519 keys in PEM form, with
 * any words between them. Gives what is wrong, for people.
 */
export function parseLinkPublicKeys(text: string): Result<readonly KeyObject[], string> {
  const blocks = text.match(publicKeyBlock);
  if (blocks === null) return err('there is no PUBLIC KEY block in it');
  if (blocks.length > maxPublicKeys) return err(`there are more than ${maxPublicKeys} keys in it`);
  const keys: KeyObject[] = [];
  for (const block of blocks) {
    const key = openKey(() => createPublicKey(block));
    if (key === undefined) return err('a block in it is damaged');
    if (key.asymmetricKeyType !== 'ed25519') return err('a key in it is not Ed25519');
    keys.push(key);
  }
  return ok(keys);
}

/** Reads a key that signs tickets: an unencrypted Ed25519 private key in PEM form. Quotes nothing of it. */
export function parseLinkPrivateKey(text: string): Result<KeyObject, string> {
  const key = openKey(() => createPrivateKey(text));
  if (key === undefined) return err('it is damaged, encrypted, or no private key in PEM form');
  return key.asymmetricKeyType === 'ed25519' ? ok(key) : err('the key in it is not Ed25519');
}

function openKey(open: () => KeyObject): KeyObject | undefined {
  try {
    return open();
  } catch {
    return undefined;
  }
}

/** The public half of a link key, in the form that `parseLinkPublicKeys` reads. */
export function formatLinkPublicKey(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}
