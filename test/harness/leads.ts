import type { LogLine, ServerProcess } from './server-process.ts';

/** Waits until an operator has published the index of all objects; gives the log line that says so. Milliseconds. */
export const leads = (operator: ServerProcess, timeout?: number): Promise<LogLine> =>
  operator.logged('it leads', ({ msg }) => msg === 'leading: the index is published', timeout);
