import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { gitProcesses, kill } from './processes.ts';
import { type Scope, type ServerProcess, startServerProcess } from './server-process.ts';

export { executable, type LogLine, type Scope } from './server-process.ts';

export type Standalone = ServerProcess & {
  /** A folder for the test's own files. */
  readonly home: string;
  readonly manifests: string;
  readonly data: string;
  readonly port: number;
  /** Saves a manifest as editors do: aside, then renamed. */
  write(file: string, text: string): void;
  remove(file: string): void;
};

export type StandaloneOptions = {
  readonly manifests: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Starts on what is there already, and leaves it behind. */
  readonly home?: string;
};

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
  const args = [
    'run',
    '--manifests',
    manifests,
    '--data',
    data,
    '--ssh-listen',
    '127.0.0.1:0',
    ...(options.args ?? []),
  ];
  scope.after(() => {
    for (const { pid } of gitProcesses(data)) kill(pid);
  });
  const server = await startServerProcess(scope, args, options.env);
  const port = Number(String(server.started.ssh).split(':').at(-1));
  return {
    ...server,
    home,
    manifests,
    data,
    port,
    write,
    remove: (file) => rmSync(join(manifests, file), { recursive: true }),
  };
}

/** What a client must know of a server: its port, and its host keys in `host-keys` of its data folder. */
export type SshHost = Pick<Standalone, 'home' | 'data' | 'port'>;

/** `HOST KEY` lines for a client's known_hosts file. */
export function knownHosts({ data, port }: SshHost): string {
  return ['ed25519', 'rsa']
    .map((type) => readFileSync(join(data, 'host-keys', `ssh_host_${type}_key.pub`), 'utf8').trim())
    .map((key) => `[127.0.0.1]:${port} ${key}\n`)
    .join('');
}
