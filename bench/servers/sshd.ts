import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runGit } from '../git-client.ts';
import { readProcessTree } from '../process-table.ts';
import { waitFor } from '../wait-for.ts';
import { makeKey, readPublicKey, type Workspace } from '../workspace.ts';
import { acceptsConnections, findFreePort, type Server, startProcess } from './server.ts';
import { makeGitUser } from './system-user.ts';

/**
 * The reference: Debian's sshd, and a user with git-shell as login shell. Its `serverCpu` holds git's too, and only that
 * of connections that have ended.
 */
export const startSshd = async (workspace: Workspace, repositories: readonly string[]): Promise<Server> => {
  const folder = workspace.makeFolder('sshd');
  const port = await findFreePort();
  const hostKeyFile = join(folder, 'host-key');
  const knownHostsFile = join(folder, 'known_hosts');
  makeKey(hostKeyFile);
  writeFileSync(knownHostsFile, `[127.0.0.1]:${port} ${readPublicKey(`${hostKeyFile}.pub`)}\n`);
  writeFileSync(join(folder, 'authorized_keys'), `restrict ${workspace.publicKey}\n`);
  writeFileSync(join(folder, 'sshd_config'), configuration({ folder, port, hostKeyFile }));
  for (const repository of repositories) {
    await runGit(workspace, undefined, ['init', '--quiet', '--bare', '-b', 'main', join(folder, `${repository}.git`)]);
  }
  const user = makeGitUser(folder);
  try {
    // The workspace holds the bench's own key, in a file that stays closed to others.
    chmodSync(workspace.folder, 0o755);
    for (const repository of repositories) execFileSync('chown', ['-R', user.name, join(folder, `${repository}.git`)]);
    // sshd separates privileges into this folder, which a service manager would have made.
    mkdirSync('/run/sshd', { recursive: true });
    // As the first process of a PID namespace, sshd inherits every process of a session that its parent did not wait
    // for, so that what all of them have used is accounted to it in the end.
    const namespace = ['--pid', '--fork', '--kill-child', '/usr/sbin/sshd'];
    const server = startProcess(
      'unshare',
      [...namespace, '-D', '-e', '-f', join(folder, 'sshd_config')],
      join(folder, 'log'),
    );
    await waitFor('sshd listens', 10_000, () => acceptsConnections(port));
    return {
      name: 'sshd + git-shell',
      port,
      loginName: user.name,
      knownHostsFile,
      pid: server.pid,
      url: (repository) => `ssh://${user.name}@127.0.0.1:${port}${folder}/${repository}.git`,
      async serverCpu() {
        // A connection's processes count once they are waited for, shortly after the client has gone.
        await waitFor('sshd has ended its sessions', 10_000, () => readProcessTree(server.pid).length === 2);
        const listener = readProcessTree(server.pid)[1];
        return listener === undefined ? Number.NaN : listener.cpu + listener.reapedCpu;
      },
      async stop() {
        await server.stop();
        user.remove();
      },
    };
  } catch (error) {
    user.remove();
    throw error;
  }
};

const configuration = (of: { folder: string; port: number; hostKeyFile: string }): string => `
Port ${of.port}
ListenAddress 127.0.0.1
HostKey ${of.hostKeyFile}
AuthorizedKeysFile ${of.folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
MaxStartups 500:30:600
PasswordAuthentication no
KbdInteractiveAuthentication no
AcceptEnv GIT_PROTOCOL
LogLevel ERROR
`;
