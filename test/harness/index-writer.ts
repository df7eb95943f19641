import type { IndexChanges } from '../../core/index/index-changes.ts';
import { encodeManifest, manifestName } from '../../core/index/manifest.ts';
import { planRevision, type ShardPlan } from '../../core/index/plan-shards.ts';
import { encodeShard, type Manifest, type NamedShard } from '../../core/index/shard.ts';
import type { ShardSet } from '../../core/index/shard-set.ts';
import type { ApiClient } from '../../kubernetes/api-client.ts';
import { shardType } from '../../operator/resource-types.ts';
import { inParallel } from './in-parallel.ts';

/** Writes the index as an operator does, in steps that a test can hold up, repeat and leave out. */
export type IndexWriter = {
  /** The next revision, not yet written. */
  plan(changes: Partial<IndexChanges>, epoch?: number): ShardPlan;
  writeShards(shards: readonly NamedShard[]): Promise<void>;
  /** Over whatever is there, as no operator does. */
  writeManifest(manifest: Manifest): Promise<void>;
  /** All of it; resolves when the manifest is written. */
  publish(changes: Partial<IndexChanges>, epoch?: number): Promise<Manifest>;
};

const fieldManager = 'git-ingress-operator';
const concurrency = 16;

export function createIndexWriter(client: ApiClient, namespace: string): IndexWriter {
  let written: ShardSet | undefined;
  const apply = (name: string, data: string) =>
    client.apply(shardType, { metadata: { namespace, name }, spec: { data } }, { fieldManager, force: true });

  const plan: IndexWriter['plan'] = ({ set = new Map(), removed = new Set() }, epoch = 1) => {
    const planned = planRevision(written, { set, removed }, epoch, {
      maxDeltas: 8,
      foldBytes: Number.POSITIVE_INFINITY,
    });
    if (planned === undefined) throw new Error('nothing has changed');
    written = planned.next;
    return planned;
  };
  const writeShards: IndexWriter['writeShards'] = (shards) =>
    inParallel(shards, concurrency, (shard) => apply(shard.name, encodeShard(shard)));
  const writeManifest: IndexWriter['writeManifest'] = async (manifest) => {
    await apply(manifestName, encodeManifest(manifest));
  };
  return {
    plan,
    writeShards,
    writeManifest,
    async publish(changes, epoch) {
      const before = written?.manifest.shards ?? [];
      const { writes, next } = plan(changes, epoch);
      await writeShards(writes);
      await writeManifest(next.manifest);
      const named = new Set(next.manifest.shards.map(({ name }) => name));
      const unnamed = before.filter(({ name }) => !named.has(name));
      await Promise.all(unnamed.map(({ name }) => client.remove(shardType, { namespace, name })));
      return next.manifest;
    },
  };
}
