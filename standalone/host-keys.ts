import { open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type HostKeyKind, hostKeyFile, hostKeyKinds } from '../core/ssh/host-key.ts';
import {
  describeHostKey,
  type HostKey,
  readIfPresent,
  refuseHostKey,
  refuseOtherKinds,
} from '../gateway/host-key-files.ts';
import { generateHostKey } from '../runtime/generate-host-key.ts';
import { explainSystemError } from '../runtime/startup-error.ts';

/**
 * The host keys of a folder, made when it has none. Clients remember a host key, and raise an alarm when it changes: so
 * none is ever replaced, and one that may have been read or changed by others is an error. Throws a `StartupError` that
 * says what to do.
 */
export async function openHostKeys(folder: string): Promise<readonly HostKey[]> {
  await refuseOtherKinds(folder);
  const keys: HostKey[] = [];
  for (const kind of hostKeyKinds) {
    const path = join(folder, hostKeyFile(kind));
    keys.push((await readHostKey(path)) ?? (await makeHostKey(path, kind)));
  }
  return keys;
}

/** Undefined if there is neither the private nor the public half. */
async function readHostKey(path: string): Promise<HostKey | undefined> {
  const [privateKey, publicLine] = [await readIfPresent(path), await readIfPresent(`${path}.pub`)];
  if (privateKey === undefined) {
    if (publicLine === undefined) return undefined;
    return refuseHostKey(
      path,
      `it is gone, and ${path}.pub is still there: put it back, or remove that too to have a new key made`,
    );
  }
  const { mode, uid } = await stat(path);
  if (mode & 0o077)
    refuseHostKey(path, `others may read it: make a new one if they could have, else run chmod 600 ${path}`);
  if (process.getuid !== undefined && uid !== process.getuid()) {
    refuseHostKey(path, `it belongs to another user (uid ${uid}): run chown on it`);
  }
  const key = describeHostKey(path, privateKey);
  if (publicLine === undefined) await writeWhole(`${path}.pub`, `${key.publicKey}\n`, 0o644);
  else if (fields(publicLine) !== key.publicKey) {
    refuseHostKey(
      path,
      `it does not match ${path}.pub: put back the one that was there; if the change is meant, remove the .pub file`,
    );
  }
  return key;
}

async function makeHostKey(path: string, kind: HostKeyKind): Promise<HostKey> {
  const key = describeHostKey(path, generateHostKey(kind).privateKey);
  try {
    // In this order: a private key without its public half is completed at the next start.
    await writeWhole(path, key.privateKey, 0o600);
    await writeWhole(`${path}.pub`, `${key.publicKey}\n`, 0o644);
  } catch (error) {
    refuseHostKey(path, `it cannot be written: ${explainSystemError(error)}`, error);
  }
  return key;
}

const fields = (publicLine: string): string => publicLine.trim().split(/\s+/, 2).join(' ');

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
