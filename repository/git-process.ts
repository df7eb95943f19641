import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import type { Duplex, Readable } from 'node:stream';

type GitCommandLine = {
  readonly git: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
};

/** A git that serves one session: its stdin and stdout are the session's data connection. */
export interface GitProcess {
  readonly pid: number;
  readonly stderr: Readable;
  /** Descriptor 3, over which git's hooks and this server speak (core/link/hook-dialogue.ts). */
  readonly hook: Duplex;
  /** As a shell would give it: 128 and the signal's number if git was killed. The whole group is gone by then. */
  readonly exited: Promise<number>;
  /** SIGTERM, so that git removes its locks and quarantine; SIGKILL two seconds later. Repeatable. */
  end(): void;
}

const terminationMs = 2_000;

/**
 * Starts git with `socket` as its stdin and stdout, in a process group of its own. From here on no byte of the session
 * passes through this process: `socket` must not be read any more, and stays open only so that what the client still
 * sends does not turn into a reset that would eat git's last words. Rejects if git cannot be started, with the system's
 * error as `cause`.
 */
export async function spawnGit(command: GitCommandLine, socket: Socket): Promise<GitProcess> {
  const child = spawn(command.git, command.arguments, {
    env: command.environment,
    cwd: '/',
    detached: true,
    stdio: [socket, socket, 'pipe', 'pipe'],
  });
  const { promise: exited, resolve, reject } = Promise.withResolvers<number>();
  exited.catch(() => {});
  let killTimer: NodeJS.Timeout | undefined;

  child.on('error', reject);
  child.on('exit', (code, signal) => {
    clearTimeout(killTimer);
    signalGroup(child, 'SIGKILL');
    resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
  });

  const { pid } = child;
  if (pid === undefined) {
    // Why is told by the event alone; without descriptors to spare, there are no pipes either.
    const cause: unknown = await exited.catch((error: unknown) => error);
    throw new Error(`${command.git} could not be started`, { cause });
  }
  const [, , stderr, hook] = child.stdio as unknown as [null, null, Readable, Duplex];
  return {
    pid,
    stderr,
    hook,
    exited,
    end() {
      if (killTimer !== undefined) return;
      signalGroup(child, 'SIGTERM');
      killTimer = setTimeout(() => signalGroup(child, 'SIGKILL'), terminationMs);
    },
  };
}

/** Everything that git started is in its group. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nobody is left in it.
  }
}
