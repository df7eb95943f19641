import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { NamedShard } from '../../core/index/shard.ts';
import type { ShardSet } from '../../core/index/shard-set.ts';
import { metricPrefix } from '../../runtime/metrics.ts';

/** Why a revision is written. */
export type Batch = 'takeover' | 'revocations' | 'additions' | 'withheld' | 'fold' | 'repair';

export type PublisherMetrics = {
  /** Returns what ends the measurement. */
  startBatch(batch: Batch): () => void;
  onPublished(set: ShardSet, writes: readonly NamedShard[]): void;
  /** Somebody else had changed what the index is made of. */
  onRepair(part: 'manifest' | 'shard'): void;
  onFailure(): void;
  /** So many entries the index is without, for the API server refuses them. */
  onWithheld(entries: number): void;
};

export function createPublisherMetrics(registry: Registry): PublisherMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Gauge({ name: `${metricPrefix}index_${name}`, help, labelNames, registers });
  const counter = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Counter({ name: `${metricPrefix}index_${name}`, help, labelNames, registers });
  const revision = gauge('published_revision', 'Revision of the access index that was written last.');
  const epoch = gauge(
    'published_epoch',
    'Epoch of the access index that was written last; rises with each new leader.',
  );
  const count = gauge('shards', 'Shards that the manifest names.', ['kind']);
  const bytes = gauge('bytes', 'Bytes of the shards that the manifest names.', ['kind']);
  const written = counter('written_bytes_total', 'Bytes of shards that were written.', ['kind']);
  const repairs = counter('repairs_total', 'Times that somebody else had altered the index.', ['part']);
  const failures = counter('failures_total', 'Attempts to write the index that failed.');
  const withheld = gauge(
    'withheld_entries',
    'Entries that the index is without, for the API server refuses to store them.',
  );
  const duration = new Histogram({
    name: `${metricPrefix}index_batch_duration_seconds`,
    help: 'Time to write a batch of changes, from its plan to its manifest.',
    labelNames: ['batch'],
    buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    registers,
  });
  return {
    startBatch: (batch) => duration.startTimer({ batch }),
    onPublished({ manifest, bases, deltas }, writes) {
      revision.set(manifest.revision);
      epoch.set(manifest.epoch);
      for (const [kind, shards] of [
        ['Base', bases],
        ['Delta', deltas],
      ] as const) {
        count.set({ kind }, shards.length);
        bytes.set({ kind }, sizeOf(shards));
        written.inc({ kind }, sizeOf(writes.filter((shard) => shard.kind === kind)));
      }
    },
    onRepair: (part) => repairs.inc({ part }),
    onFailure: () => failures.inc(),
    onWithheld: (entries) => withheld.set(entries),
  };
}

const sizeOf = (shards: readonly NamedShard[]): number => shards.reduce((sum, { bytes }) => sum + bytes, 0);
