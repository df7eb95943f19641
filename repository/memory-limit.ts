import { spawnSync } from 'node:child_process';
import { explainSystemError, StartupError } from '../runtime/startup-error.ts';
import { plainEnvironment } from './git-environment.ts';

/**
 * Bounds the memory of this process, and so of every git that it will start, each by itself: half a megabyte of a push
 * may unfold to a tree of gigabytes, which git holds as a whole. What git maps of its packs does not count
 * (RLIMIT_DATA of setrlimit(2)).
 *
 * Node cannot set it, and to start each git through a program that can would cost every session a millisecond. Of its
 * own, this process uses 0.65 GB by the kernel's count, 0.5 GB of which is what V8 sets aside for code and never fills.
 * @param bytes 0: no bound. Throws a `StartupError` if it cannot be set.
 */
export function limitMemory(bytes: number): void {
  if (bytes === 0) return;
  const { status, error, stderr } = spawnSync('prlimit', ['--pid', String(process.pid), `--data=${bytes}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: plainEnvironment,
  });
  if (status === 0) return;
  const why = error === undefined ? stderr.toString().trim() : `prlimit (of util-linux): ${explainSystemError(error)}`;
  const message = `the memory of git cannot be limited: ${why}; repair that, or set --repository-max-git-memory to 0`;
  throw new StartupError('GIT_NOT_USABLE', message, { cause: error });
}
