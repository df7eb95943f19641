import { untilReady } from '../../test/harness/gateway.ts';
import { keyLines } from '../../test/harness/index-lines.ts';
import { createIndexWriter } from '../../test/harness/index-writer.ts';
import { installRelease, type Release } from '../cluster/cluster.ts';
import { loadedCluster } from '../cluster/loaded-cluster.ts';
import { untilLeading } from '../cluster/operator.ts';
import { scopeOf } from '../cluster/scope.ts';
import { counted, manyKeys } from '../cluster/size.ts';
import { absoluteFigure, type Figure } from '../figure.ts';
import { megabytesOf, readAge, readPeakMemory } from '../process-table.ts';
import type { Section } from '../section.ts';
import { median } from '../statistics.ts';

const mostKeys = manyKeys * 10;

const works = {
  ready: `gateway's start to ready with ${counted(manyKeys)} keys`,
  memory: `peak memory of that gateway`,
  readyWithMost: `gateway's start to ready with ${counted(mostKeys)} keys`,
};

type Starts = { readonly seconds: readonly number[]; readonly megabytes: readonly number[] };

/** Starts a gateway so often, one after the other; memory is what it had at most by the time it was ready. */
const startOften = async (release: Release, rounds: number): Promise<Starts> => {
  const seconds: number[] = [];
  const megabytes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await using stack = new AsyncDisposableStack();
    const gateway = await release.startGateway(scopeOf(stack), 'gateway-0');
    const pid = gateway.process.pid ?? 0;
    await untilReady(gateway, 120_000);
    seconds.push(readAge(pid) / 1000);
    megabytes.push(megabytesOf(readPeakMemory(pid)));
  }
  return { seconds, megabytes };
};

export const clusterGateway: Section = {
  name: 'cluster-gateway',
  works: Object.values(works),
  rounds: 5,
  measure: async (context) => {
    const { rounds, note } = context;
    const release = await loadedCluster(context);
    await using stack = new AsyncDisposableStack();
    const operator = await release.startOperator(scopeOf(stack));
    await untilLeading(operator);
    await operator.stop();
    const many = await startOften(release, rounds);

    const emptyRelease = await installRelease(release.cluster, 'most-keys');
    const writer = createIndexWriter(release.client, emptyRelease.namespace);
    const { shards } = await writer.publish({ set: keyLines(mostKeys) });
    note(`${counted(mostKeys)} keys are in ${shards.length} shards`);
    const most = await startOften(emptyRelease, rounds);
    const ready = (work: string, { seconds, megabytes }: Starts, limits: Pick<Figure, 'bound' | 'goal'>): Figure => {
      const measured = `${median(megabytes).toFixed(0)} MB at most by then`;
      return absoluteFigure(work, seconds, { measured, unit: 's', ...limits });
    };
    return [
      ready(works.ready, many, { bound: 3, goal: 2 }),
      absoluteFigure(works.memory, many.megabytes, { unit: 'MB', bound: 200 }),
      ready(works.readyWithMost, most, { bound: 15, goal: 10 }),
    ];
  },
};
