import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Server } from './servers/server.ts';
import type { Workspace } from './workspace.ts';

/** One set of options for all servers, so that the same cipher and key exchange are compared. */
const sshOptions = [
  ...['-F', 'none', '-o', 'ControlMaster=no', '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes'],
  ...['-c', 'aes128-gcm@openssh.com', '-o', 'KexAlgorithms=curve25519-sha256'],
  ...['-o', 'HostKeyAlgorithms=ssh-ed25519', '-o', 'StrictHostKeyChecking=yes', '-o', 'LogLevel=ERROR'],
];

/** What `ssh` needs to log in there, without the destination. */
export const sshArguments = (workspace: Workspace, server: Server): readonly string[] => [
  ...sshOptions,
  ...['-i', workspace.privateKeyFile, '-o', `UserKnownHostsFile=${server.knownHostsFile}`],
];

const gitEnvironment = (workspace: Workspace, server: Server | undefined): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: workspace.folder,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Bench',
  GIT_AUTHOR_EMAIL: 'bench@example.com',
  GIT_COMMITTER_NAME: 'Bench',
  GIT_COMMITTER_EMAIL: 'bench@example.com',
  ...(server && { GIT_SSH_COMMAND: ['ssh', ...sshArguments(workspace, server)].join(' ') }),
});

/** Runs git to its end, on its own or against a server. Returns how many milliseconds it took; throws if it fails. */
export const runGit = async (
  workspace: Workspace,
  server: Server | undefined,
  args: readonly string[],
): Promise<number> => {
  const start = performance.now();
  const git = spawn('git', args, {
    cwd: workspace.folder,
    env: gitEnvironment(workspace, server),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(git, 'exit');
  const complaints = await text(git.stderr);
  const [status] = await ended;
  if (status !== 0) throw new Error(`git ${args[0]} against ${server?.name} ended with ${status}: ${complaints}`);
  return performance.now() - start;
};

/** Pushes a sample's branch. Milliseconds. */
export const push = (workspace: Workspace, server: Server, sample: string, repository: string): Promise<number> =>
  runGit(workspace, server, ['-C', sample, 'push', '--quiet', server.url(repository), 'main']);

/**
 * Clones into a folder that is removed again. Milliseconds. What the client alone would do is left out where it can be:
 * writing the files of a work tree, and waiting for its own disk.
 */
export const clone = async (workspace: Workspace, server: Server, repository: string): Promise<number> => {
  const target = mkdtempSync(join(workspace.folder, 'clone-'));
  const options = ['--quiet', '--bare'];
  try {
    return await runGit(workspace, server, [
      '-c',
      'core.fsync=none',
      'clone',
      ...options,
      server.url(repository),
      target,
    ]);
  } finally {
    rmSync(target, { recursive: true });
  }
};
