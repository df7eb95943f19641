import { formatMilliseconds, ratioFigure } from '../figure.ts';
import { clone, push } from '../git-client.ts';
import { makeSampleRepository } from '../sample-repository.ts';
import { interleave, type Section, type SectionContext } from '../section.ts';
import { withBothServers } from '../servers/both.ts';
import type { Server } from '../servers/server.ts';
import { median } from '../statistics.ts';

const megabytes = 500;

/** Measures `work`, and notes what CPU the servers' processes spent on it. */
const withCpu = async (server: Server, spent: number[], work: () => Promise<number>): Promise<number> => {
  const before = await server.serverCpu();
  const duration = await work();
  spent.push((await server.serverCpu()) - before);
  return duration;
};

const noteCpu = ({ note }: SectionContext, server: Server, spent: readonly number[]): void => {
  const what = server.name === 'git-ingress' ? 'git apart' : 'git included';
  note(`${server.name}: ${formatMilliseconds(median(spent))} of CPU, ${what}`);
};

const cloneWork = `\`git clone\` of ${megabytes} MB`;

export const bulkClone: Section = {
  name: 'clone',
  works: [cloneWork],
  rounds: 7,
  measure: async (context) => {
    const { workspace, rounds } = context;
    const sample = await makeSampleRepository(workspace, megabytes);
    return withBothServers(workspace, ['large'], async (...servers) => {
      for (const server of servers) await push(workspace, server, sample, 'large');
      const cpu: readonly [number[], number[]] = [[], []];
      const [reference, measured] = await interleave(rounds, [
        () => withCpu(servers[0], cpu[0], () => clone(workspace, servers[0], 'large')),
        () => withCpu(servers[1], cpu[1], () => clone(workspace, servers[1], 'large')),
      ]);
      noteCpu(context, servers[0], cpu[0]);
      noteCpu(context, servers[1], cpu[1]);
      return [ratioFigure(cloneWork, { reference, measured }, { bound: 1.15, goal: 1 })];
    });
  },
};

const pushWork = `\`git push\` of ${megabytes} MB`;

export const bulkPush: Section = {
  name: 'push',
  works: [pushWork],
  rounds: 7,
  measure: async (context) => {
    const { workspace, rounds } = context;
    const sample = await makeSampleRepository(workspace, megabytes);
    // An empty repository for each round: what a server has, nobody sends again.
    const repositories = Array.from({ length: rounds + 1 }, (_, round) => `pushed-${round}`);
    return withBothServers(workspace, repositories, async (...servers) => {
      const cpu: readonly [number[], number[]] = [[], []];
      const [reference, measured] = await interleave(rounds, [
        (round) => withCpu(servers[0], cpu[0], () => push(workspace, servers[0], sample, `pushed-${round}`)),
        (round) => withCpu(servers[1], cpu[1], () => push(workspace, servers[1], sample, `pushed-${round}`)),
      ]);
      noteCpu(context, servers[0], cpu[0]);
      noteCpu(context, servers[1], cpu[1]);
      return [ratioFigure(pushWork, { reference, measured }, { bound: 0.95, goal: 0.8 })];
    });
  },
};
