import { setTimeout as sleep } from 'node:timers/promises';
import { resourceTypes } from '../../operator/resource-types.ts';
import { peopleNamespace } from '../cluster/cluster.ts';
import { watchIndexWrites } from '../cluster/index-writes.ts';
import { startInstallation } from '../cluster/installation.ts';
import { loadedCluster } from '../cluster/loaded-cluster.ts';
import { scopeOf } from '../cluster/scope.ts';
import { counted, manyKeys } from '../cluster/size.ts';
import { absoluteFigure, formatMilliseconds } from '../figure.ts';
import { readCpu } from '../process-table.ts';
import type { Section } from '../section.ts';

/** So far apart that each change is a revision of its own, and its status is written before the next. */
const everyMs = 1_000;
/** Then the status of the last change is written, too. */
const lingerMs = 5_000;

const works = {
  cpu: `operator's CPU for a change of one key among ${counted(manyKeys)}`,
  shards: 'shards written for it',
};

export const clusterChange: Section = {
  name: 'cluster-change',
  works: Object.values(works),
  rounds: 50,
  measure: async (context) => {
    const { rounds, note } = context;
    const cluster = await loadedCluster(context);
    await using stack = new AsyncDisposableStack();
    const scope = scopeOf(stack);
    const { operator } = await startInstallation(scope, cluster);
    const writes = await watchIndexWrites(scope, cluster);
    const pid = operator.process.pid ?? 0;

    /** Milliseconds of CPU in all, while a change is made in each round, or none at all. */
    const spend = async (change: (round: number) => Promise<unknown>): Promise<number> => {
      const before = readCpu(pid);
      for (let round = 0; round < rounds; round++) await Promise.all([change(round), sleep(everyMs)]);
      await sleep(lingerMs);
      return readCpu(pid) - before;
    };
    const idle = await spend(async () => {});
    const busy = await spend((round) => {
      const name = { namespace: peopleNamespace, name: `key-${round * 7}` };
      return cluster.client.mergePatch(
        resourceTypes.SSHKey,
        name,
        { spec: { access: 'ReadOnly' } },
        { fieldManager: 'bench' },
      );
    });
    const { bases, deltas, manifests, bytes } = writes;
    if (manifests !== rounds) throw new Error(`${rounds} changes were written in ${manifests} revisions`);
    note(`${formatMilliseconds(idle / rounds)} of CPU a second with nothing to do; ${bytes} bytes were written`);
    return [
      absoluteFigure(works.cpu, [(busy - idle) / rounds], {
        measured: `${counted(rounds)} changes`,
        unit: 'ms',
        bound: 20,
      }),
      absoluteFigure(works.shards, [(bases + deltas) / rounds], {
        measured: `${deltas} deltas, ${bases} bases, ${manifests} manifests for ${rounds} changes`,
        unit: '',
        bound: 1,
      }),
    ];
  },
};
