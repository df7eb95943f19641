import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childrenOf, gitProcesses, kill } from './processes.ts';
import { until } from './wait.ts';

export const executable = fileURLToPath(new URL('../../bin/git-ingress', import.meta.url));

export type LogLine = { readonly msg: string; readonly audit?: boolean; readonly [field: string]: unknown };

export type Standalone = {
  /** A folder for the test's own files. */
  readonly home: string;
  readonly manifests: string;
  readonly data: string;
  readonly process: ChildProcess;
  readonly port: number;
  readonly httpPort: number;
  /** Everything logged so far. */
  readonly log: readonly LogLine[];
  audit(): readonly LogLine[];
  /** Waits for a log line that matches. */
  logged(what: string, matches: (line: LogLine) => boolean): Promise<LogLine>;
  /** Saves a manifest as editors do: aside, then renamed. */
  write(file: string, text: string): void;
  remove(file: string): void;
  /** `/livez`, `/readyz` or `/metrics`. */
  get(path: string): Promise<{ readonly status: number; readonly body: string }>;
  /** The sum of a metric's samples whose labels contain `labels`. */
  metric(name: string, labels?: string): Promise<number>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
};

export type StandaloneOptions = {
  readonly manifests: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Starts on what is there already, and leaves it behind. */
  readonly home?: string;
};

/** How long a server lives: as a test's context, or with `{ after }` of node:test, as the whole file. */
export type Scope = { after(clean: () => void | Promise<void>): void };

/** A folder that goes when all tests of the file and their servers have ended. */
export function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'git-ingress-'));
  process.once('exit', () => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
  return home;
}

/** Starts the real `git-ingress run` on free ports, and waits until it is ready. It ends with its scope. */
export async function startStandalone(scope: Scope, options: StandaloneOptions): Promise<Standalone> {
  const home = options.home ?? makeHome();
  const manifests = join(home, 'manifests');
  const data = join(home, 'data');
  const write = (file: string, text: string): void => {
    const path = join(manifests, file);
    const aside = join(dirname(path), `.${basename(path)}.tmp`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(aside, text);
    renameSync(aside, path);
  };
  for (const [file, text] of Object.entries(options.manifests)) write(file, text);
  mkdirSync(manifests, { recursive: true });
  const listen = ['--ssh-listen', '127.0.0.1:0', '--http-listen', '127.0.0.1:0', '--log-format', 'json'];
  const args = ['run', '--manifests', manifests, '--data', data, ...listen, ...(options.args ?? [])];
  const child = spawn(executable, args, {
    // The channel is how it notices that this process is gone, however that came about.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...options.env },
  });
  const log: LogLine[] = [];
  const complaints: string[] = [];
  collectLines(child, log, complaints);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  scope.after(async () => {
    const helpers = childrenOf(child.pid);
    child.kill('SIGKILL');
    for (const { pid } of [...helpers, ...gitProcesses(data)]) kill(pid);
    await exited;
  });

  const logged = (what: string, matches: (line: LogLine) => boolean): Promise<LogLine> =>
    until(`log line: ${what}`, () => {
      if (child.exitCode !== null) throw new Error(`git-ingress ended with ${child.exitCode}: ${complaints.join('')}`);
      return log.find(matches);
    });
  const ready = (await logged('ready', (line) => line.msg === 'ready')) as LogLine & Record<'ssh' | 'http', string>;
  const port = Number(ready.ssh.split(':').at(-1));
  const httpPort = Number(ready.http.split(':').at(-1));
  const get = async (path: string) => {
    // A connection that is kept may be closed by the server in the moment that it is used again.
    const response = await fetch(`http://127.0.0.1:${httpPort}${path}`, { headers: { connection: 'close' } });
    return { status: response.status, body: await response.text() };
  };
  return {
    home,
    manifests,
    data,
    process: child,
    port,
    httpPort,
    log,
    audit: () => log.filter((line) => line.audit === true),
    logged,
    write,
    remove: (file) => rmSync(join(manifests, file), { recursive: true }),
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

/** `HOST KEY` lines for a client's known_hosts file. */
export function knownHosts({ data, port }: Standalone): string {
  return ['ed25519', 'rsa']
    .map((type) => readFileSync(join(data, 'host-keys', `ssh_host_${type}_key.pub`), 'utf8').trim())
    .map((key) => `[127.0.0.1]:${port} ${key}\n`)
    .join('');
}
