import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, type Outcome, type Running, type RunOptions, run, start } from './run.ts';
import { knownHosts, type SshHost } from './standalone.ts';

export type Key = { readonly file: string; readonly publicKey: string };

/** Makes a key with the real ssh-keygen. */
export async function makeKey(home: string, name: string, type: readonly string[] = ['ed25519']): Promise<Key> {
  const folder = join(home, 'keys');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, name);
  await must('ssh-keygen', ['-q', '-N', '', '-C', name, '-f', file, '-t', ...type]);
  return { file, publicKey: readFileSync(`${file}.pub`, 'utf8').trim() };
}

export type Client = {
  /** Options of ssh, without host and command. */
  readonly sshOptions: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  url(path: string, user?: string): string;
  ssh(args: readonly string[], options?: RunOptions & { readonly user?: string }): Promise<Outcome>;
  /** ssh with an open stdin. */
  startSsh(args: readonly string[], options?: RunOptions & { readonly user?: string }): Running;
  /** git in a folder, with this client's key. */
  git(cwd: string, args: readonly string[], options?: RunOptions): Promise<Outcome>;
  mustGit(cwd: string, args: readonly string[], options?: RunOptions): Promise<Outcome>;
  startGit(cwd: string, args: readonly string[], options?: RunOptions): Running;
};

/** `-o A -o B`. */
export const sshOptionList = (...options: readonly string[]): readonly string[] =>
  options.flatMap((option) => ['-o', option]);

/** What git needs to run the same on every machine. */
export const gitEnvironment: Readonly<Record<string, string>> = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.com',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.com',
};

/** An OpenSSH client and a git that know one server and hold one key, and nothing of this machine's own settings. */
export function createClient(server: SshHost, key: Key, extra: readonly string[] = []): Client {
  // A file of its own: another client's ssh may be reading what is written here.
  const hosts = join(mkdtempSync(join(server.home, 'client-')), 'known_hosts');
  writeFileSync(hosts, knownHosts(server));
  const sshOptions = [
    ...extra,
    ...['-F', 'none', '-i', key.file, '-p', String(server.port)],
    ...sshOptionList('IdentitiesOnly=yes', 'IdentityAgent=none', 'BatchMode=yes', 'StrictHostKeyChecking=yes'),
    ...sshOptionList(`UserKnownHostsFile=${hosts}`, 'ControlMaster=no'),
  ];
  const env = { ...gitEnvironment, GIT_SSH_COMMAND: `ssh ${sshOptions.join(' ')}` };
  const withEnv = <Options extends RunOptions>(options: Options): Options => ({
    ...options,
    env: { ...env, ...options.env },
  });
  return {
    sshOptions,
    env,
    url: (path, user = 'git') => `ssh://${user}@127.0.0.1:${server.port}/${path}`,
    ssh: (args, { user = 'git', ...options } = {}) =>
      run('ssh', [...sshOptions, `${user}@127.0.0.1`, ...args], options),
    startSsh: (args, { user = 'git', ...options } = {}) =>
      start('ssh', [...sshOptions, `${user}@127.0.0.1`, ...args], options),
    git: (cwd, args, options = {}) => run('git', ['-C', cwd, ...args], withEnv(options)),
    mustGit: (cwd, args, options = {}) => must('git', ['-C', cwd, ...args], withEnv(options)),
    startGit: (cwd, args, options = {}) => start('git', ['-C', cwd, ...args], withEnv(options)),
  };
}
