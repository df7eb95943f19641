import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { formatMilliseconds } from '../figure.ts';
import { push } from '../git-client.ts';
import { ownReapedCpu } from '../process-table.ts';
import { makeSampleRepository } from '../sample-repository.ts';
import { interleave, type Section } from '../section.ts';
import { withBothServers } from '../servers/both.ts';
import type { Server } from '../servers/server.ts';
import { median, spreadOf } from '../statistics.ts';
import { lsRemoteOften, warmUp } from '../warm-up.ts';
import type { Workspace } from '../workspace.ts';

/** CPU comes in ticks of 10 ms: only the sum over many connections tells something. */
const connectionsPerRound = 100;

const cpuOfConnections = async (workspace: Workspace, server: Server): Promise<number> => {
  const before = await server.serverCpu();
  await lsRemoteOften(workspace, server, connectionsPerRound);
  return ((await server.serverCpu()) - before) / connectionsPerRound;
};

/** What `git ls-remote` asks in protocol v2: gitprotocol-v2(5). */
const lsRefs = '0014command=ls-refs\n00010009peel\n000csymrefs\n00000000';

/** CPU of git-shell and upload-pack alone, for the sake of sshd, whose accounting has them in it. */
const cpuOfGitAlone = async (repository: string): Promise<number> => {
  const before = ownReapedCpu();
  for (let run = 0; run < connectionsPerRound; run++) {
    const git = spawn('git-shell', ['-c', `git-upload-pack '${repository}'`], {
      env: { ...process.env, GIT_PROTOCOL: 'version=2' },
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    git.stdin.end(lsRefs);
    const [status] = await once(git, 'exit');
    if (status !== 0) throw new Error(`git-shell ended with ${status}`);
  }
  return (ownReapedCpu() - before) / connectionsPerRound;
};

const work = "server's CPU for a connection (`git ls-remote`), git apart";

export const connectionCpu: Section = {
  name: 'cpu',
  works: [work],
  rounds: 5,
  measure: async ({ workspace, rounds, note }) => {
    const sample = await makeSampleRepository(workspace, 1);
    return withBothServers(workspace, ['small'], async (...servers) => {
      for (const server of servers) await push(workspace, server, sample, 'small');
      await warmUp(workspace, servers[1]);
      const [reference, measured] = await interleave(rounds, [
        () => cpuOfConnections(workspace, servers[0]),
        () => cpuOfConnections(workspace, servers[1]),
      ]);
      const git = await cpuOfGitAlone(sample);
      note(`git alone: ${formatMilliseconds(git)}, taken from sshd's ${formatMilliseconds(median(reference))}`);
      return [
        {
          work,
          reference: formatMilliseconds(median(reference) - git),
          measured: formatMilliseconds(median(measured)),
          spread: spreadOf(measured),
          unit: 'ms',
          bound: 6,
        },
      ];
    });
  },
};
