import { readdirSync, readFileSync } from 'node:fs';
import { dataFolderVariable } from '../../repository/git-environment.ts';

/** Processes as Linux tells of them in /proc; those that end meanwhile are left out. */
export type Process = { readonly pid: number; readonly parent: number; readonly command: string };

/** Every process but zombies. */
export function listProcesses(): readonly Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = read(`/proc/${name}/stat`);
      // The program's name stands in brackets, and may hold anything.
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state === undefined || state === '' || state === 'Z') return [];
      const command = read(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim();
      return [{ pid: Number(name), parent: Number(parent), command }];
    });
}

export const childrenOf = (parent: number | undefined): readonly Process[] =>
  listProcesses().filter((process) => process.parent === parent);

/** git, its helpers and its hooks: all that the repository server of a data folder started and that still lives. */
export const gitProcesses = (data: string): readonly Process[] =>
  listProcesses().filter(({ pid }) => environmentOf(pid).includes(`${dataFolderVariable}=${data}`));

/** `NAME=VALUE` each; empty for a process that has ended. */
export const environmentOf = (pid: number): readonly string[] => read(`/proc/${pid}/environ`).split('\0');

/** 0 and less would mean whole groups of processes, our own among them. */
export function kill(pid: number | undefined, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    if (pid !== undefined && pid > 0) process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

/** Holds a process where it is. False when it had ended before. */
export function pause(pid: number): boolean {
  kill(pid, 'SIGSTOP');
  return /^State:\s+[Tt]/m.test(read(`/proc/${pid}/status`));
}

/** Lets a process go on that `pause` holds. */
export const resume = (pid: number): void => kill(pid, 'SIGCONT');

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
