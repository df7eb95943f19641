import { formatMilliseconds } from '../figure.ts';
import { clone, push } from '../git-client.ts';
import { makeSampleRepository } from '../sample-repository.ts';
import type { Section, SectionContext } from '../section.ts';
import { withBothServers } from '../servers/both.ts';
import type { Server } from '../servers/server.ts';
import { spreadOf } from '../statistics.ts';

const clones = 50;
const megabytes = 20;

type Outcome = { readonly failed: number; readonly duration: number };

const cloneAllAtOnce = async ({ workspace, note }: SectionContext, server: Server): Promise<Outcome> => {
  const start = performance.now();
  const results = await Promise.allSettled(Array.from({ length: clones }, () => clone(workspace, server, 'medium')));
  const duration = performance.now() - start;
  const failures = results.filter((result) => result.status === 'rejected');
  for (const failure of failures.slice(0, 3)) note(String(failure.reason));
  return { failed: failures.length, duration };
};

const work = `${clones} clones at once of ${megabytes} MB`;

export const manyClones: Section = {
  name: 'many-clones',
  works: [work],
  rounds: 3,
  measure: async (context) => {
    const { workspace, rounds } = context;
    const sample = await makeSampleRepository(workspace, megabytes);
    return withBothServers(workspace, ['medium'], async (...servers) => {
      for (const server of servers) await push(workspace, server, sample, 'medium');
      const outcomes: readonly [Outcome[], Outcome[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        outcomes[0].push(await cloneAllAtOnce(context, servers[0]));
        outcomes[1].push(await cloneAllAtOnce(context, servers[1]));
      }
      const describe = (of: readonly Outcome[]): string =>
        `${formatMilliseconds(spreadOf(of.map(({ duration }) => duration)).median)}, ${sumFailed(of)} failed`;
      return [
        {
          work,
          reference: describe(outcomes[0]),
          measured: describe(outcomes[1]),
          spread: spreadOf([sumFailed(outcomes[1])]),
          unit: 'failed',
          bound: 0,
        },
      ];
    });
  },
};

const sumFailed = (outcomes: readonly Outcome[]): number => outcomes.reduce((sum, { failed }) => sum + failed, 0);
