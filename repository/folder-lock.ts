import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { explainSystemError, StartupError } from '../runtime/startup-error.ts';
import { plainEnvironment } from './git-environment.ts';

const lockFile = 'repository.lock';
/** What `flock` answers when another has the lock; its other failures have other statuses. */
const taken = 75;

/**
 * Takes a data folder for this process alone, until it is disposed of or the process ends, however it ends. Two servers
 * of one folder would take each other's git for leftovers. Throws a `StartupError`.
 *
 * Node knows no flock(2). The program does: a lock belongs to the open file, which it inherits, and stays for as long as
 * we have that open. git does not inherit it.
 */
export function lockFolder(dataDir: string): Disposable {
  const file = join(dataDir, lockFile);
  const fd = openLockFile(file);
  const { status, error, stderr } = spawnSync('flock', ['--nonblock', '--conflict-exit-code', String(taken), '3'], {
    stdio: ['ignore', 'ignore', 'pipe', fd],
    env: plainEnvironment,
  });
  if (status === 0) return { [Symbol.dispose]: () => closeSync(fd) };
  closeSync(fd);
  if (status === taken)
    throw new StartupError('DATA_IN_USE', `another repository server is running on the data folder ${dataDir}`);
  const why = error === undefined ? stderr.toString().trim() : `flock (of util-linux): ${explainSystemError(error)}`;
  throw new StartupError('DATA_NOT_USABLE', `${file} cannot be locked: ${why}`, { cause: error });
}

function openLockFile(file: string): number {
  try {
    return openSync(file, 'a', 0o600);
  } catch (cause) {
    throw new StartupError('DATA_NOT_USABLE', `${file} cannot be made: ${explainSystemError(cause)}`, { cause });
  }
}
