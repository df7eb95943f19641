import { spawn } from 'node:child_process';
import { constants } from 'node:os';

export type Outcome = { readonly status: number; readonly stdout: string; readonly stderr: string };

export type RunOptions = {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
  /** Milliseconds; a program that takes longer is killed, and the test fails. */
  readonly timeout?: number;
};

/** A program that runs, and all that it starts. */
export type Running = {
  readonly pid: number;
  /** What it said so far. */
  readonly stdout: string;
  readonly stderr: string;
  readonly isRunning: boolean;
  /** Bytes for its stdin, which stays open until `endInput`. */
  write(bytes: string | Buffer): void;
  endInput(): void;
  /** Sends a signal to it and to all that it started. */
  signal(name: NodeJS.Signals): void;
  /** Resolves when it has exited and nobody holds its output any more. A signal counts as 128 and its number. */
  readonly ended: Promise<Outcome>;
};

/** Starts a real program, in a process group of its own. */
export function start(program: string, args: readonly string[], options: RunOptions = {}): Running {
  const { cwd, env = {}, input, timeout = 30_000 } = options;
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: 'pipe', detached: true });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on('error', () => {});
  if (input !== undefined) child.stdin.end(input);
  const textOf = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString();
  const signal = (name: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // All of them have ended.
    }
  };
  const { promise: ended, resolve, reject } = Promise.withResolvers<Outcome>();
  ended.catch(() => {});
  const timer = setTimeout(() => {
    signal('SIGKILL');
    const said = textOf([...stdout, ...stderr]);
    reject(new Error(`${program} ${args.join(' ')} took longer than ${timeout} ms, and said: ${said}`));
  }, timeout);
  child.on('error', (error) => {
    clearTimeout(timer);
    reject(error);
  });
  child.on('close', (code, killedBy) => {
    clearTimeout(timer);
    const status = code ?? 128 + (killedBy === null ? 0 : constants.signals[killedBy]);
    resolve({ status, stdout: textOf(stdout), stderr: textOf(stderr) });
  });
  return {
    pid: child.pid ?? 0,
    get stdout() {
      return textOf(stdout);
    },
    get stderr() {
      return textOf(stderr);
    },
    get isRunning() {
      return child.exitCode === null && child.signalCode === null;
    },
    write: (bytes) => child.stdin.write(bytes),
    endInput: () => child.stdin.end(),
    signal,
    ended,
  };
}

/** Runs a real program to its end. */
export const run = (program: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> =>
  start(program, args, { input: '', timeout: 60_000, ...options }).ended;

/** The same, and fails unless the program succeeds. */
export async function must(program: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const outcome = await run(program, args, options);
  if (outcome.status === 0) return outcome;
  throw new Error(`${program} ${args.join(' ')} ended with ${outcome.status}:\n${outcome.stdout}${outcome.stderr}`);
}
