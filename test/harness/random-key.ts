import { createHash } from 'node:crypto';

/**
 * A public key that nobody has the private half of, the same for the same name, as fast as thousands of them need it.
 * Bytes that are no point of the curve are a key all the same until somebody verifies with it.
 */
export function publicKeyOf(name: string): string {
  const point = createHash('sha256').update(name).digest();
  return `ssh-ed25519 ${Buffer.concat([Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20'), point]).toString('base64')}`;
}
