import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { explainSystemError, StartupError } from '../runtime/startup-error.ts';

const publicKeyBlock = /-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g;

/** Reads gateways' public keys: one or several Ed25519 keys in PEM form. Throws a `StartupError` with what is wrong. */
export async function readLinkKeys(file: string): Promise<readonly KeyObject[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => refuse(file, explainSystemError(error), error));
  const blocks = text.match(publicKeyBlock) ?? refuse(file, 'there is no PUBLIC KEY block in it');
  return blocks.map((block) => {
    const key = parseKey(block, file);
    return key.asymmetricKeyType === 'ed25519' ? key : refuse(file, 'a key in it is not Ed25519');
  });
}

function parseKey(block: string, file: string): KeyObject {
  try {
    return createPublicKey(block);
  } catch (error) {
    return refuse(file, 'a block in it is damaged', error);
  }
}

function refuse(file: string, message: string, cause?: unknown): never {
  throw new StartupError('LINK_KEYS_NOT_USABLE', `the link keys in ${file} cannot be used: ${message}`, { cause });
}
