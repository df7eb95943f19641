import { formatMilliseconds } from '../figure.ts';
import { readCpu } from '../process-table.ts';

/** Says, when it is called, what CPU each of the processes has used since. */
export const watchCpu = (pids: Readonly<Record<string, number | undefined>>): (() => string) => {
  const read = () => Object.entries(pids).map(([name, pid]) => [name, readCpu(pid ?? 0)] as const);
  const before = new Map(read());
  return () =>
    read()
      .map(([name, cpu]) => `${name} ${formatMilliseconds(cpu - (before.get(name) ?? 0))}`)
      .join(', ');
};
