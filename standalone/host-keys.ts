import { open, readdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fingerprint } from '../core/ssh/fingerprint.ts';
import { generateHostKey, publicHostKey } from '../gateway/ssh/host-keys.ts';
import { explainSystemError, StartupError } from '../runtime/startup-error.ts';

export type HostKey = {
  /** In OpenSSH's format. */
  readonly privateKey: string;
  /** `TYPE BASE64`. */
  readonly publicKey: string;
  /** `SHA256:…`, as clients show it before they trust it. */
  readonly fingerprint: string;
};

type PublicHalf = Omit<HostKey, 'privateKey'>;

const types = ['ed25519', 'rsa'] as const;
const fileOf = (type: string): string => `ssh_host_${type}_key`;

/**
 * The host keys of a folder, made when it has none. Clients remember a host key, and raise an alarm when it changes: so
 * none is ever replaced, and one that may have been read or changed by others is an error. Throws a `StartupError` that
 * says what to do.
 */
export async function openHostKeys(folder: string): Promise<readonly HostKey[]> {
  await refuseOtherTypes(folder);
  const keys: HostKey[] = [];
  for (const type of types) {
    const path = join(folder, fileOf(type));
    keys.push((await readHostKey(path)) ?? (await makeHostKey(path, type)));
  }
  return keys;
}

/** Whoever copied sshd's keys here believes that clients will find them all again. */
async function refuseOtherTypes(folder: string): Promise<void> {
  const files = await readdir(folder).catch((error: unknown) =>
    refuse(folder, `the folder cannot be read: ${explainSystemError(error)}`, error),
  );
  const known = types.map(fileOf);
  const other = files.find((name) => /^ssh_host_\w+_key$/.test(name) && !known.includes(name));
  if (other === undefined) return;
  const advice = 'remove it; clients that know this server by it alone will ask their users about another one';
  refuse(join(folder, other), `only ${known.join(' and ')} can: ${advice}`);
}

/** Undefined if there is neither the private nor the public half. */
async function readHostKey(path: string): Promise<HostKey | undefined> {
  const [privateKey, publicLine] = [await readIfPresent(path), await readIfPresent(`${path}.pub`)];
  if (privateKey === undefined) {
    if (publicLine === undefined) return undefined;
    return refuse(
      path,
      `it is gone, and ${path}.pub is still there: put it back, or remove that too to have a new key made`,
    );
  }
  const { mode, uid } = await stat(path);
  if (mode & 0o077) refuse(path, `others may read it: make a new one if they could have, else run chmod 600 ${path}`);
  if (process.getuid !== undefined && uid !== process.getuid()) {
    refuse(path, `it belongs to another user (uid ${uid}): run chown on it`);
  }
  const { publicKey, fingerprint } = publicHalf(path, privateKey);
  if (publicLine === undefined) await writeWhole(`${path}.pub`, `${publicKey}\n`, 0o644);
  else if (fields(publicLine) !== publicKey) {
    refuse(
      path,
      `it does not match ${path}.pub: put back the one that was there; if the change is meant, remove the .pub file`,
    );
  }
  return { privateKey, publicKey, fingerprint };
}

async function makeHostKey(path: string, type: (typeof types)[number]): Promise<HostKey> {
  const { privateKey } = generateHostKey(type);
  const half = publicHalf(path, privateKey);
  try {
    // In this order: a private key without its public half is completed at the next start.
    await writeWhole(path, privateKey, 0o600);
    await writeWhole(`${path}.pub`, `${half.publicKey}\n`, 0o644);
  } catch (error) {
    refuse(path, `it cannot be written: ${explainSystemError(error)}`, error);
  }
  return { privateKey, ...half };
}

function publicHalf(path: string, privateKey: string): PublicHalf {
  try {
    const { type, blob } = publicHostKey(privateKey);
    return { publicKey: `${type} ${blob.toString('base64')}`, fingerprint: fingerprint(blob) };
  } catch (error) {
    return refuse(path, `${(error as Error).message}: put back the one that was there`, error);
  }
}

const fields = (publicLine: string): string => publicLine.trim().split(/\s+/, 2).join(' ');

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return refuse(path, `it cannot be read: ${explainSystemError(error)}`, error);
  }
}

/** Whole or not at all, also after a power cut. The mode holds from the first byte on, whatever the umask. */
async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  {
    await using file = await open(temporary, 'wx', mode & 0o600);
    await file.writeFile(text);
    await file.chmod(mode);
    await file.sync();
  }
  await rename(temporary, path);
}

function refuse(path: string, message: string, cause?: unknown): never {
  throw new StartupError('HOST_KEY_NOT_USABLE', `the host key ${path} cannot be used: ${message}`, { cause });
}
