import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { dataFolderVariable } from './git-environment.ts';

/** git removes its locks on SIGTERM; what takes longer is killed. */
const terminationMs = 2_000;
const pollMs = 20;

/**
 * Ends the git processes that a killed server of this data folder left behind, and resolves when they are gone; gives
 * how many there were. Only while no other server of the folder lives. Linux alone tells the environment of processes;
 * elsewhere nothing is found.
 */
export async function endLeftovers(dataDir: string): Promise<number> {
  const found = await findMarked(dataDir);
  for (const pid of found) signal(pid, 'SIGTERM');
  for (let waited = 0; (await findMarked(dataDir)).length > 0; waited += pollMs) {
    if (waited >= terminationMs) for (const pid of await findMarked(dataDir)) signal(pid, 'SIGKILL');
    if (waited >= 2 * terminationMs) throw new Error('git processes of an earlier server cannot be ended');
    await sleep(pollMs);
  }
  return found.length;
}

async function findMarked(dataDir: string): Promise<readonly number[]> {
  const marker = `${dataFolderVariable}=${dataDir}`;
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const marked = await Promise.all(pids.map(async (pid) => (await readEnvironment(pid)).includes(marker)));
  return pids.filter((pid, index) => marked[index] === true && pid !== process.pid);
}

/** Empty for processes of others, for those that ended, and for zombies. */
const readEnvironment = (pid: number): Promise<readonly string[]> =>
  readFile(`/proc/${pid}/environ`, 'utf8').then(
    (environment) => environment.split('\0'),
    () => [],
  );

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
}
