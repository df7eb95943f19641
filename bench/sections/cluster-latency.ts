import { watchCpu } from '../cluster/cpu-of.ts';
import { importKeys } from '../cluster/import.ts';
import { untilIndexIsQuiet, watchIndexWrites } from '../cluster/index-writes.ts';
import { gatewayCount, startInstallation } from '../cluster/installation.ts';
import { loadedCluster } from '../cluster/loaded-cluster.ts';
import { requestsOf, untilSettled } from '../cluster/operator.ts';
import { createProber, type Prober, type ProbeTimes } from '../cluster/prober.ts';
import { scopeOf } from '../cluster/scope.ts';
import { counted, manyKeys } from '../cluster/size.ts';
import { absoluteFigure, type Figure, formatMilliseconds } from '../figure.ts';
import type { Section } from '../section.ts';
import { quantileOf } from '../statistics.ts';

const importedKeys = Math.floor(manyKeys / 10);
const importedPerSecond = 200;

const nameWorks = (circumstances: string) => ({
  accepted: `a new key's apply to a login on each of ${gatewayCount} gateways, ${circumstances}: p99`,
  refused: `its deletion, or its user's suspension, to a refusal on each, ${circumstances}: p99`,
  ended: `the same to the end of a live session on each, ${circumstances}: p99`,
});

const calm = nameWorks(`${counted(manyKeys)} keys`);
const busy = nameWorks(`${counted(importedKeys)} more at ${importedPerSecond}/s`);
const written = `bytes written in the import of ${counted(importedKeys)} keys, against the size of the index`;

const latencyFigure = (work: string, times: readonly number[]): Figure => {
  const measured = `p50 ${formatMilliseconds(quantileOf(times, 0.5))}, of ${times.length}`;
  return absoluteFigure(work, [quantileOf(times, 0.99)], { measured, unit: 'ms', bound: 1000 });
};

const latencyFigures = (works: typeof calm, probes: readonly ProbeTimes[]): readonly Figure[] =>
  (['accepted', 'refused', 'ended'] as const).map((step) =>
    latencyFigure(
      works[step],
      probes.flatMap((probe) => probe[step]),
    ),
  );

/** One probe after the other, for as long as `goesOn` says. */
const probeWhile = async (prober: Prober, goesOn: (probes: number) => boolean): Promise<readonly ProbeTimes[]> => {
  const probes: ProbeTimes[] = [];
  while (goesOn(probes.length)) probes.push(await prober.probe());
  return probes;
};

export const clusterLatency: Section = {
  name: 'cluster-latency',
  works: [...Object.values(calm), ...Object.values(busy), written],
  rounds: 50,
  measure: async (context) => {
    const { rounds, note } = context;
    const cluster = await loadedCluster(context);
    await using stack = new AsyncDisposableStack();
    const scope = scopeOf(stack);
    const { gateways, operator } = await startInstallation(scope, cluster);
    const prober = await createProber(cluster, gateways);
    // In which Node compiles what a login runs through.
    await probeWhile(prober, (probes) => probes < 5);
    const calmProbes = await probeWhile(prober, (probes) => probes < rounds);

    const writes = await watchIndexWrites(scope, cluster);
    const [gateway] = gateways;
    const cpu = watchCpu({
      'API server': cluster.server.pid,
      operator: operator.process.pid,
      'a gateway': gateway?.process.pid,
      importer: process.pid,
    });
    const patchesBefore = await requestsOf(operator, 'PATCH');
    let isImporting = true;
    const importing = importKeys(cluster.client, importedKeys, importedPerSecond).finally(() => {
      isImporting = false;
    });
    const busyProbes = await probeWhile(prober, () => isImporting);
    note(`${counted(importedKeys)} keys were imported in ${formatMilliseconds(await importing)}`);
    note(`CPU in that time: ${cpu()}`);
    await untilSettled(operator);
    await untilIndexIsQuiet(writes);
    note(`${(await requestsOf(operator, 'PATCH')) - patchesBefore} statuses were written`);
    const size = await operator.metric('git_ingress_index_bytes');
    const { bases, deltas, manifests, bytes } = writes;
    note(`the import wrote ${bases} bases, ${deltas} deltas and ${manifests} manifests`);
    return [
      ...latencyFigures(calm, calmProbes),
      ...latencyFigures(busy, busyProbes),
      absoluteFigure(written, [bytes / size], {
        measured: `${formatBytes(bytes)}, against ${formatBytes(size)}`,
        unit: '',
        bound: 5,
      }),
    ];
  },
};

const formatBytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
