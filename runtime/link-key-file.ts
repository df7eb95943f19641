import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseLinkPrivateKey, parseLinkPublicKeys } from '../core/link/link-key.ts';
import type { Result } from '../core/result.ts';
import { explainSystemError, StartupError } from './startup-error.ts';

/** Reads gateways' public keys: one or several Ed25519 keys in PEM form. Throws a `StartupError` with what is wrong. */
export const readLinkPublicKeys = (file: string): Promise<readonly KeyObject[]> =>
  readKeys(file, 'the link keys', parseLinkPublicKeys);

/** Reads the Ed25519 private key that a gateway signs tickets with. Throws a `StartupError` with what is wrong. */
export const readLinkPrivateKey = (file: string): Promise<KeyObject> =>
  readKeys(file, 'the link key', parseLinkPrivateKey);

async function readKeys<Keys>(
  file: string,
  what: string,
  parse: (text: string) => Result<Keys, string>,
): Promise<Keys> {
  const refuse = (why: string, cause?: unknown): never => {
    throw new StartupError('LINK_KEYS_NOT_USABLE', `${what} in ${file} cannot be used: ${why}`, { cause });
  };
  const text = await readFile(file, 'utf8').catch((error: unknown) => refuse(explainSystemError(error), error));
  const keys = parse(text);
  return keys.ok ? keys.value : refuse(keys.error);
}
