import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { kill } from './processes.ts';

/** A server that runs until it is told to end, and never longer than this process. */
export type Daemon = {
  readonly pid: number;
  readonly isRunning: boolean;
  /** What it wrote last. */
  lastWords(): string;
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
};

/** Starts a server whose output goes to a file: it may write as much as it likes, and nobody has to read it. */
export function startDaemon(program: string, args: readonly string[], logFile: string): Daemon {
  const log = openSync(logFile, 'a');
  // The kernel ends it when this process is gone, however that came about: a server that outlives its test holds memory.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], { stdio: ['ignore', log, log] });
  closeSync(log);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  // Ahead of what removes the folder that it writes to.
  const atExit = (): void => kill(child.pid);
  process.prependOnceListener('exit', atExit);
  return {
    pid: child.pid ?? 0,
    get isRunning() {
      return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
    },
    lastWords: () => readFileSync(logFile, 'utf8').split('\n').slice(-20).join('\n'),
    async kill() {
      process.removeListener('exit', atExit);
      // Its number may be another's by now if it has ended: ChildProcess.kill() knows.
      child.kill('SIGKILL');
      await ended;
    },
  };
}
