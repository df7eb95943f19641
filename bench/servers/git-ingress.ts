import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programOf, readProcessTree } from '../process-table.ts';
import { waitFor } from '../wait-for.ts';
import { readPublicKey, type Workspace } from '../workspace.ts';
import { findFreePort, type Server, startProcess } from './server.ts';

const executable = join(import.meta.dirname, '../../bin/git-ingress');

export type GitIngressServer = Server & {
  /** From the start of the process to the first good answer of /readyz, in milliseconds. */
  readonly readyAfter: number;
  /** The process that SSH clients talk to. */
  readonly gatewayPid: number;
};

/** What to serve. `manifests` are more documents for the folder, by file name. */
export type GitIngressOptions = {
  readonly name?: string;
  readonly manifests?: Readonly<Record<string, string>>;
};

/** `git-ingress run` with its defaults, on manifests that grant the bench's key every repository. */
export const startGitIngress = async (
  workspace: Workspace,
  repositories: readonly string[],
  { name = 'git-ingress', manifests = {} }: GitIngressOptions = {},
): Promise<GitIngressServer> => {
  const folder = workspace.makeFolder(name);
  const manifestFolder = workspace.makeFolder(`${name}/manifests`);
  const dataFolder = join(folder, 'data');
  const logFile = join(folder, 'log');
  writeFileSync(join(manifestFolder, 'bench.yaml'), buildManifests(workspace.publicKey, repositories));
  for (const [file, text] of Object.entries(manifests)) writeFileSync(join(manifestFolder, file), text);

  const [port, httpPort] = [await findFreePort(), await findFreePort()];
  const start = performance.now();
  const options = ['--manifests', manifestFolder, '--data', dataFolder, '--ssh-listen', `127.0.0.1:${port}`];
  const server = startProcess(executable, ['run', ...options, '--http-listen', `127.0.0.1:${httpPort}`], logFile);
  await waitFor('git-ingress is ready', 120_000, () => {
    if (server.child.exitCode !== null) throw new Error(`git-ingress ended: ${readFileSync(logFile, 'utf8')}`);
    return answersReady(httpPort);
  });
  const readyAfter = performance.now() - start;

  const knownHostsFile = join(folder, 'known_hosts');
  writeFileSync(knownHostsFile, readHostKeys(join(dataFolder, 'host-keys'), port));
  return {
    name: 'git-ingress',
    port,
    loginName: 'git',
    knownHostsFile,
    pid: server.pid,
    gatewayPid: server.pid,
    readyAfter,
    url: (repository) => `ssh://git@127.0.0.1:${port}/bench/${repository}.git`,
    // git's processes are children of the repository server: what it has not spawned but is, is ours.
    serverCpu: async () =>
      readProcessTree(server.pid)
        .filter(({ pid }) => programOf(pid) === 'node')
        .reduce((sum, { cpu }) => sum + cpu, 0),
    stop: server.stop,
  };
};

const answersReady = async (port: number): Promise<boolean> => {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
  } catch {
    return false;
  }
};

const readHostKeys = (folder: string, port: number): string => {
  if (!existsSync(folder)) throw new Error(`git-ingress made no host keys in ${folder}`);
  const files = readdirSync(folder).filter((file) => file.endsWith('.pub'));
  return files.map((file) => `[127.0.0.1]:${port} ${readPublicKey(join(folder, file))}\n`).join('');
};

const buildManifests = (publicKey: string, repositories: readonly string[]): string =>
  [
    buildObject('GitUser', 'bench', '{}'),
    buildObject('SSHKey', 'bench', `{publicKey: ${publicKey}, userRef: {name: bench}}`),
    ...repositories.map((repository) =>
      buildObject('Repository', repository, '{access: [{role: Maintain, subjects: [{kind: Everyone}]}]}'),
    ),
  ].join('');

/** One document of a manifest, in the namespace `bench`. */
export const buildObject = (kind: string, name: string, spec: string): string =>
  `---\napiVersion: gitingress.dev/v1alpha1\nkind: ${kind}\nmetadata: {namespace: bench, name: ${name}}\nspec: ${spec}\n`;
