import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** A process as /proc shows it (proc_pid_stat(5)). Times are milliseconds of CPU. */
export type ProcessEntry = {
  readonly pid: number;
  readonly parent: number;
  /** Of the process itself, all threads. */
  readonly cpu: number;
  /** Of the children it has waited for, and of theirs. */
  readonly reapedCpu: number;
  /** Milliseconds from the start of the machine. */
  readonly startedAt: number;
};

/** USER_HZ is 100 on every Linux that Debian runs on. */
const millisecondsPerTick = 10;

const readEntry = (pid: number): ProcessEntry | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command's name, in parentheses, may hold anything; the fields begin behind it, with the third.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const field = (number: number): number => Number(fields[number - 3]);
    return {
      pid,
      parent: field(4),
      cpu: (field(14) + field(15)) * millisecondsPerTick,
      reapedCpu: (field(16) + field(17)) * millisecondsPerTick,
      startedAt: field(22) * millisecondsPerTick,
    };
  } catch {
    return undefined;
  }
};

/** Milliseconds of CPU that a process has used, its children's left out; NaN once it is gone. */
export const readCpu = (pid: number): number => readEntry(pid)?.cpu ?? Number.NaN;

/** Milliseconds since a process was started, exact to a tick of 10 ms. */
export const readAge = (pid: number): number => {
  const uptime = Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]);
  return uptime * 1000 - (readEntry(pid)?.startedAt ?? Number.NaN);
};

/** The process and all that descend from it, now. */
export const readProcessTree = (root: number): readonly ProcessEntry[] => {
  const entries = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readEntry(Number(name)))
    .filter((entry) => entry !== undefined);
  const collect = (pid: number): readonly ProcessEntry[] => [
    ...entries.filter((entry) => entry.pid === pid),
    ...entries.filter((entry) => entry.parent === pid).flatMap((entry) => collect(entry.pid)),
  ];
  return collect(root);
};

/** CPU of the children that this process has waited for. */
export const ownReapedCpu = (): number => readEntry(process.pid)?.reapedCpu ?? Number.NaN;

export const programOf = (pid: number): string => {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    return '';
  }
};

const readKibibytes = (file: string, field: string): number => {
  try {
    const line = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'latin1'));
    return Number(line?.[1] ?? Number.NaN);
  } catch {
    return Number.NaN;
  }
};

export const megabytesOf = (kibibytes: number): number => (kibibytes * 1.024) / 1000;

/** Resident memory in KiB, shared pages included; NaN once the process is gone. */
export const readResidentMemory = (pid: number): number => readKibibytes(`/proc/${pid}/status`, 'VmRSS');

/** The most resident memory that the process ever had, in KiB. */
export const readPeakMemory = (pid: number): number => readKibibytes(`/proc/${pid}/status`, 'VmHWM');

/** Resident memory in KiB where a page counts only by this process's share of it; NaN once the process is gone. */
export const readProportionalMemory = (pid: number): number => readKibibytes(`/proc/${pid}/smaps_rollup`, 'Pss');
