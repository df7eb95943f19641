import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fingerprint } from '../core/ssh/fingerprint.ts';
import { hostKeyFile, hostKeyKinds, looksLikeHostKeyFile, parseHostKey } from '../core/ssh/host-key.ts';
import { explainSystemError, StartupError } from '../runtime/startup-error.ts';

export type HostKey = {
  /** In OpenSSH's format. */
  readonly privateKey: string;
  /** `TYPE BASE64`. */
  readonly publicKey: string;
  /** `SHA256:…`, as clients show it before they trust it. */
  readonly fingerprint: string;
};

/**
 * The host keys of a folder that others provide, such as a mounted Secret: one of each kind at most, and at least one.
 * Throws a `StartupError` that says what to do.
 */
export async function readHostKeys(folder: string): Promise<readonly HostKey[]> {
  await refuseOtherKinds(folder);
  const keys: HostKey[] = [];
  for (const kind of hostKeyKinds) {
    const path = join(folder, hostKeyFile(kind));
    const text = await readIfPresent(path);
    if (text === undefined) continue;
    // A mounted Secret belongs to root, and is read by the group of the pod.
    if ((await stat(path)).mode & 0o007) refuseHostKey(path, 'everybody may read it: mount it with the mode 0440');
    keys.push(describeHostKey(path, text));
  }
  if (keys.length === 0)
    refuseHostKey(folder, `there is none: ${hostKeyKinds.map(hostKeyFile).join(' or ')} is needed`);
  return keys;
}

/** Whoever copied sshd's keys here believes that clients will find them all again. */
export async function refuseOtherKinds(folder: string): Promise<void> {
  const files = await readdir(folder).catch((error: unknown) =>
    refuseHostKey(folder, `the folder cannot be read: ${explainSystemError(error)}`, error),
  );
  const known = hostKeyKinds.map(hostKeyFile);
  const other = files.find((name) => looksLikeHostKeyFile(name) && !known.includes(name));
  if (other === undefined) return;
  const advice = 'remove it; clients that know this server by it alone will ask their users about another one';
  refuseHostKey(join(folder, other), `only ${known.join(' and ')} can: ${advice}`);
}

/** The halves of a private key that was read from `path`. */
export function describeHostKey(path: string, privateKey: string): HostKey {
  const key = parseHostKey(privateKey);
  if (!key.ok) return refuseHostKey(path, `${key.error}: put back the one that was there`);
  const { type, blob } = key.value;
  return { privateKey, publicKey: `${type} ${blob.toString('base64')}`, fingerprint: fingerprint(blob) };
}

/** The text of a file; undefined if there is none. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return refuseHostKey(path, `it cannot be read: ${explainSystemError(error)}`, error);
  }
}

export function refuseHostKey(path: string, message: string, cause?: unknown): never {
  throw new StartupError('HOST_KEY_NOT_USABLE', `the host key ${path} cannot be used: ${message}`, { cause });
}
