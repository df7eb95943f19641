import { ratioFigure } from '../figure.ts';
import { push, runGit } from '../git-client.ts';
import { makeSampleRepository } from '../sample-repository.ts';
import { interleave, type Section } from '../section.ts';
import { withBothServers } from '../servers/both.ts';
import { warmUp } from '../warm-up.ts';
import type { Workspace } from '../workspace.ts';

export type LsRemoteTimes = { readonly reference: readonly number[]; readonly measured: readonly number[] };

/** Milliseconds of whole `git ls-remote` commands, from the start of git to its end. */
export const timeLsRemote = async (workspace: Workspace, rounds: number): Promise<LsRemoteTimes> => {
  const sample = await makeSampleRepository(workspace, 1);
  return withBothServers(workspace, ['small'], async (...servers) => {
    for (const server of servers) await push(workspace, server, sample, 'small');
    await warmUp(workspace, servers[1]);
    const [reference, measured] = await interleave(rounds, [
      () => runGit(workspace, servers[0], ['ls-remote', servers[0].url('small')]),
      () => runGit(workspace, servers[1], ['ls-remote', servers[1].url('small')]),
    ]);
    return { reference, measured };
  });
};

const work = '`git ls-remote`, default network';

export const lsRemote: Section = {
  name: 'ls-remote',
  works: [work],
  rounds: 41,
  measure: async ({ workspace, rounds }) => [
    ratioFigure(work, await timeLsRemote(workspace, rounds), { bound: 0.2, goal: 0.15 }),
  ],
};
