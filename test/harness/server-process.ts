import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { childrenOf, kill } from './processes.ts';
import { until } from './wait.ts';

export const executable = fileURLToPath(new URL('../../bin/git-ingress', import.meta.url));

export type LogLine = { readonly msg: string; readonly audit?: boolean; readonly [field: string]: unknown };

/** How long a server lives: as a test's context, or with `{ after }` of node:test, as the whole file. */
export type Scope = { after(clean: () => void | Promise<void>): void };

/** A long-lived subcommand of git-ingress that runs, and says on which address it serves its metrics. */
export type ServerProcess = {
  readonly process: ChildProcess;
  /** Everything logged so far. */
  readonly log: readonly LogLine[];
  audit(): readonly LogLine[];
  /** Waits for a log line that matches, for so many milliseconds. */
  logged(what: string, matches: (line: LogLine) => boolean, timeout?: number): Promise<LogLine>;
  /** The log line that says on which addresses it listens. */
  readonly started: LogLine;
  readonly httpPort: number;
  /** `/livez`, `/readyz` or `/metrics`. */
  get(path: string): Promise<{ readonly status: number; readonly body: string }>;
  /** The sum of a metric's samples whose labels contain `labels`. */
  metric(name: string, labels?: string): Promise<number>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL, to its child processes too. */
  kill(): Promise<void>;
  readonly exited: Promise<number | null>;
};

/** Starts the real program on free ports, and waits until it listens. It ends with its scope. */
export async function startServerProcess(
  scope: Scope,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const child = spawn(executable, [...argv, '--http-listen', '127.0.0.1:0', '--log-format', 'json'], {
    // The channel is how it notices that this process is gone, however that came about.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
  });
  const log: LogLine[] = [];
  const complaints: string[] = [];
  collectLines(child, log, complaints);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const killAll = async (): Promise<void> => {
    const helpers = childrenOf(child.pid);
    child.kill('SIGKILL');
    for (const { pid } of helpers) kill(pid);
    await exited;
  };
  scope.after(killAll);

  const logged: ServerProcess['logged'] = (what, matches, timeout) => {
    const look = (): LogLine | undefined => {
      const found = log.find(matches);
      if (found === undefined && child.exitCode !== null)
        throw new Error(`git-ingress ended with ${child.exitCode}: ${complaints.join('')}`);
      return found;
    };
    return until(`log line: ${what}`, look, timeout);
  };
  const started = await logged('addresses', ({ http }) => typeof http === 'string');
  const httpPort = Number(String(started.http).split(':').at(-1));
  const get = async (path: string) => {
    // A connection that is kept may be closed by the server in the moment that it is used again.
    const response = await fetch(`http://127.0.0.1:${httpPort}${path}`, { headers: { connection: 'close' } });
    return { status: response.status, body: await response.text() };
  };
  return {
    process: child,
    log,
    audit: () => log.filter((line) => line.audit === true),
    logged,
    started,
    httpPort,
    get,
    async metric(name, labels = '') {
      const { body } = await get('/metrics');
      const samples = body.split('\n').filter((line) => line.replace(/[ {].*/, '') === name && line.includes(labels));
      return samples.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    },
    stop() {
      child.kill('SIGTERM');
      return exited;
    },
    kill: killAll,
    exited,
  };
}

function collectLines(child: ChildProcess, log: LogLine[], complaints: string[]): void {
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('{')) log.push(JSON.parse(line) as LogLine);
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => complaints.push(chunk));
}
