import { hash } from 'node:crypto';

/** By what the access index finds a key: the SHA-256 of its blob, in lowercase hex. */
export const keyHash = (blob: Buffer): string => hash('sha256', blob, 'hex');

/** `SHA256:` and unpadded base64, as `ssh-keygen -l` prints it. */
export const fingerprint = (blob: Buffer): string => fingerprintOfHash(keyHash(blob));

/** The fingerprint of the key whose `keyHash` is given. */
export const fingerprintOfHash = (hexHash: string): string =>
  `SHA256:${Buffer.from(hexHash, 'hex').toString('base64').replace(/=+$/, '')}`;
