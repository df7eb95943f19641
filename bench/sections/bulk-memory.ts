import { absoluteFigure, type Figure, formatMilliseconds } from '../figure.ts';
import { clone, push } from '../git-client.ts';
import { megabytesOf, readProcessTree, readResidentMemory } from '../process-table.ts';
import { makeSampleRepository } from '../sample-repository.ts';
import type { Section } from '../section.ts';
import { type GitIngressServer, startGitIngress } from '../servers/git-ingress.ts';

const megabytes = 1000;
const sampleEveryMs = 20;

/** The gateway's resident memory in MB while `work` goes on, in the order of time. */
const watchMemory = async (server: GitIngressServer, work: () => Promise<number>): Promise<readonly number[]> => {
  const samples: number[] = [];
  const timer = setInterval(() => {
    samples.push(megabytesOf(readResidentMemory(server.gatewayPid)));
  }, sampleEveryMs);
  try {
    await work();
    return samples;
  } finally {
    clearInterval(timer);
  }
};

const peak = (samples: readonly number[]): number => Math.max(...samples);

const peakFigure = (work: string, samples: readonly number[]): Figure => {
  const measured = `${samples[0]?.toFixed(0)} MB at its start`;
  return absoluteFigure(work, [peak(samples)], { measured, unit: 'MB', bound: 150 });
};

/** How far the second half of the transfer goes beyond the first: what is flat does not grow with what has passed. */
const growthFigure = (work: string, samples: readonly number[]): Figure => {
  const half = Math.ceil(samples.length / 2);
  const growth = Math.max(0, peak(samples.slice(half)) - peak(samples.slice(0, half)));
  return absoluteFigure(work, [growth], { measured: `${samples.length} samples`, unit: 'MB', bound: 10 });
};

const works = {
  pushPeak: 'peak memory of the gateway, push of 1 GB',
  pushGrowth: 'its growth in the second half of that push',
  clonePeak: 'peak memory of the gateway, clone of 1 GB',
  cloneGrowth: 'its growth in the second half of that clone',
};

export const bulkMemory: Section = {
  name: 'memory',
  works: Object.values(works),
  rounds: 1,
  measure: async ({ workspace, note }) => {
    const sample = await makeSampleRepository(workspace, megabytes);
    const server = await startGitIngress(workspace, ['huge']);
    try {
      const pushed = await watchMemory(server, () => push(workspace, server, sample, 'huge'));
      const cloned = await watchMemory(server, () => clone(workspace, server, 'huge'));
      for (const { pid, cpu } of readProcessTree(server.pid)) {
        note(`process ${pid}: ${(readResidentMemory(pid) / 1024).toFixed(0)} MiB, ${formatMilliseconds(cpu)} of CPU`);
      }
      return [
        peakFigure(works.pushPeak, pushed),
        growthFigure(works.pushGrowth, pushed),
        peakFigure(works.clonePeak, cloned),
        growthFigure(works.cloneGrowth, cloned),
      ];
    } finally {
      await server.stop();
    }
  },
};
