import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from '../runtime/make-folder.ts';
import { explainSystemError, StartupError } from '../runtime/startup-error.ts';

/** What lies where below `--data`. The repository server has `repositories/` beside these for itself. */
export type DataFolder = {
  readonly path: string;
  readonly hostKeys: string;
  /** The Unix socket of the repository server. */
  readonly socket: string;
  /** Public keys of those who may ask it for sessions; made anew at each start. */
  readonly linkKeys: string;
};

/** The longest path that fits into a socket address (`sun_path` of unix(7), and of macOS). */
const maxSocketPath = process.platform === 'linux' ? 107 : 103;

/**
 * Makes the data folder, or checks it: it must be ours to write to, and nobody's who just happens to be on the machine.
 * Throws a `StartupError` that says what to do.
 */
export async function openDataFolder(path: string): Promise<DataFolder> {
  const run = join(path, 'run');
  const folder = {
    path,
    hostKeys: join(path, 'host-keys'),
    socket: join(run, 'repository.sock'),
    // Of this process alone: a second start on the same folder, which fails later, must not replace the first one's.
    linkKeys: join(run, `link-keys-${process.pid}.pem`),
  };
  const length = Buffer.byteLength(folder.socket);
  if (length > maxSocketPath) {
    refuse(
      path,
      `its path is ${length - maxSocketPath} bytes too long for a Unix socket below it: choose a shorter one`,
    );
  }
  try {
    for (const each of [path, folder.hostKeys, run]) await makeFolder(each);
    // Permissions alone do not tell: the file system may be read-only or full.
    const probe = join(run, 'probe');
    await writeFile(probe, 'probe');
    await rm(probe);
  } catch (error) {
    refuse(path, `it is not writable: ${explainSystemError(error)}`, error);
  }
  for (const each of [path, folder.hostKeys, run]) {
    const { mode } = await stat(each);
    if (mode & 0o002) refuse(each, 'everybody on this machine may write to it: run chmod o-w on it');
  }
  return folder;
}

/** Removes the link keys of processes that ended without doing so. Others may hold the folder while they are alive. */
export async function removeStaleLinkKeys({ linkKeys }: DataFolder): Promise<void> {
  const run = dirname(linkKeys);
  for (const name of await readdir(run)) {
    const pid = /^link-keys-(\d{1,9})\.pem$/.exec(name)?.[1];
    if (pid !== undefined && isGone(Number(pid))) await rm(join(run, name), { force: true });
  }
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function refuse(path: string, message: string, cause?: unknown): never {
  throw new StartupError('DATA_NOT_USABLE', `the data folder ${path} cannot be used: ${message}`, { cause });
}
