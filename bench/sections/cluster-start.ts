import type { Condition } from '../../core/api/condition.ts';
import type { StoredObject } from '../../kubernetes/kubernetes-object.ts';
import { listAll } from '../../kubernetes/paginated-list.ts';
import type { ResourceType } from '../../kubernetes/resource-type.ts';
import { resourceTypes } from '../../operator/resource-types.ts';
import { type GatewayServer, untilReady } from '../../test/harness/gateway.ts';
import { inParallel } from '../../test/harness/in-parallel.ts';
import { gatewayCount, startGateways } from '../cluster/installation.ts';
import { type LoadedCluster, loadedCluster, writersAtOnce } from '../cluster/loaded-cluster.ts';
import { clientOf, untilAccepted } from '../cluster/logins.ts';
import { requestsOf, untilLeading, untilSettled, untilStatusesWritten } from '../cluster/operator.ts';
import { scopeOf } from '../cluster/scope.ts';
import { counted, manyKeys } from '../cluster/size.ts';
import { absoluteFigure, formatMilliseconds } from '../figure.ts';
import { megabytesOf, readPeakMemory, readResidentMemory } from '../process-table.ts';
import type { Section } from '../section.ts';

const works = {
  logins: `operator's start to a login with every one of ${counted(manyKeys)} keys on ${gatewayCount} gateways`,
  statuses: 'all statuses written, against bare status patches of as many',
  memory: `peak memory of the operator with ${counted(manyKeys)} keys`,
  restart: 'writes after a restart with nothing changed, manifest and Lease apart',
};

type Stored = { readonly type: ResourceType; readonly name: string; readonly conditions: readonly Condition[] };

const listStatuses = async ({ client }: LoadedCluster): Promise<readonly Stored[]> => {
  const keepOf =
    (type: ResourceType) =>
    ({ metadata, status }: StoredObject): Stored => {
      const { conditions = [] } = (status ?? {}) as { readonly conditions?: readonly Condition[] };
      return { type, name: `${metadata.namespace}/${metadata.name}`, conditions };
    };
  const signal = AbortSignal.timeout(300_000);
  const { GitUser, SSHKey } = resourceTypes;
  const users = await listAll(client, GitUser, keepOf(GitUser), { signal });
  const keys = await listAll(client, SSHKey, keepOf(SSHKey), { signal });
  return [...users.items, ...keys.items];
};

/**
 * What a status costs the API server, whoever writes it: milliseconds to write all of them once more, of the same length
 * but with another time in them, so that no patch is without a change.
 */
const patchAll = async ({ client }: LoadedCluster, stored: readonly Stored[]): Promise<number> => {
  const start = performance.now();
  await inParallel(stored, writersAtOnce, ({ type, name: fullName, conditions }) => {
    const [namespace = '', name = ''] = fullName.split('/');
    const lastTransitionTime = '2020-01-01T00:00:00Z';
    const status = { conditions: conditions.map((condition) => ({ ...condition, lastTransitionTime })) };
    return client.mergePatch(type, { namespace, name }, { status }, { fieldManager: 'bench', subresource: 'status' });
  });
  return performance.now() - start;
};

/** When the last of our own keys was let in everywhere, as performance.now() does. */
const untilAllAccepted = async ({ ownKeys }: LoadedCluster, gateways: readonly GatewayServer[]): Promise<number> => {
  await inParallel(gateways, gateways.length, async (gateway) => {
    // Before that it lets nobody in; to ask with ssh would take the processors that the operator needs.
    await untilReady(gateway, 300_000);
    for (const key of ownKeys) await untilAccepted(clientOf(gateway, key));
  });
  return performance.now();
};

export const clusterStart: Section = {
  name: 'cluster-start',
  works: Object.values(works),
  rounds: 1,
  measure: async (context) => {
    const cluster = await loadedCluster(context);
    await using stack = new AsyncDisposableStack();
    const scope = scopeOf(stack);
    const gateways = await startGateways(scope, cluster);

    const start = performance.now();
    const operator = await cluster.startOperator(scope);
    const logins = (await untilAllAccepted(cluster, gateways)) - start;
    const { changed } = await untilLeading(operator);
    if (changed !== cluster.objects) throw new Error(`the first revision has ${changed} entries`);
    context.note(`logins work ${formatMilliseconds(logins)} after the operator's start`);
    const { at, patches } = await untilStatusesWritten(operator, cluster.objects);
    const statuses = at - start;
    const stored = await listStatuses(cluster);
    const done = stored.filter(({ conditions }) => conditions.every(({ status }) => status === 'True'));
    if (done.length !== cluster.objects) throw new Error(`${done.length} objects are ready`);
    const pid = operator.process.pid ?? 0;
    const peak = megabytesOf(readPeakMemory(pid));
    const resident = `${megabytesOf(readResidentMemory(pid)).toFixed(0)} MB`;
    context.note(`${patches} patches in ${formatMilliseconds(statuses)}, then ${resident}`);

    await operator.stop();
    const bare = await patchAll(cluster, stored);
    const again = await cluster.startOperator(scope);
    await untilSettled(again);
    const writes = await Promise.all((['POST', 'PATCH', 'DELETE'] as const).map((verb) => requestsOf(again, verb)));
    return [
      absoluteFigure(works.logins, [logins / 1000], { unit: 's', bound: 20 }),
      absoluteFigure(works.statuses, [statuses / bare], {
        measured: `${formatMilliseconds(statuses)}, against ${formatMilliseconds(bare)}`,
        unit: '',
        bound: 1.3,
      }),
      absoluteFigure(works.memory, [peak], { measured: `${resident} in the end`, unit: 'MB', bound: 600 }),
      absoluteFigure(works.restart, [writes.reduce((sum, count) => sum + count, 0)], { unit: 'writes', bound: 0 }),
    ];
  },
};
