import { keyOf, type ObjectKey } from '../core/api/object-key.ts';
import type { Resource } from '../core/api/resource.ts';
import { type AccessIndex, type LoadedShards, loadIndex } from '../core/index/access-index.ts';
import { type CompiledIndex, compiledBy } from '../core/index/compile.ts';
import { createIndexCompiler, type ResourceChanges } from '../core/index/compiler.ts';
import { planRevision, type ShardPlan } from '../core/index/plan-shards.ts';
import type { IndexPolicy } from '../core/index/policy.ts';
import { decodeShard, encodeShard } from '../core/index/shard.ts';
import type { ShardSet } from '../core/index/shard-set.ts';
import type { AccessIndexSource } from '../gateway/ports.ts';

export type StandaloneIndex = AccessIndexSource & {
  /** Compiles what the manifests say and swaps it in as a whole, before it returns. */
  update(resources: readonly Resource[]): CompiledIndex;
};

/** In one process there is one writer for ever, and no API server to spare: changes are folded as soon as there are some. */
const epoch = 1;
const limits = { maxDeltas: 8, foldBytes: Number.POSITIVE_INFINITY };

/**
 * The way of the index in a cluster, in memory: compiled, cut into shards, and read back from their texts by the same
 * code as there.
 */
export function createStandaloneIndex(policy: IndexPolicy, ageSeconds: () => number): StandaloneIndex {
  const compiler = createIndexCompiler(policy);
  let known: ReadonlyMap<ObjectKey, Resource> = new Map();
  const subscribers = new Set<(index: AccessIndex) => void>();
  let written: ShardSet | undefined;
  let shards: LoadedShards = new Map();
  let current: AccessIndex | undefined;

  const swap = ({ next, writes }: ShardPlan): void => {
    const fresh = new Map(writes.map((shard) => [shard.name, decodeShard(encodeShard(shard))]));
    const loaded = loadIndex(next.manifest, (name) => fresh.get(name), shards);
    if (!loaded.ok) throw new Error(`the index that was just written cannot be read: ${loaded.error}`);
    shards = loaded.value.shards;
    current = loaded.value.index;
    for (const subscriber of subscribers) subscriber(current);
  };

  return {
    get current() {
      return current;
    },
    ageSeconds,
    subscribe(onSwap) {
      subscribers.add(onSwap);
      return () => subscribers.delete(onSwap);
    },
    update(resources) {
      const given = new Map(resources.map((resource) => [keyOf(resource), resource]));
      const plan = planRevision(written, compiler.update(changesBetween(known, given)), epoch, limits);
      known = given;
      if (plan !== undefined) {
        swap(plan);
        written = plan.next;
      }
      return compiledBy(compiler);
    },
  };
}

/** Objects that did not change are the same values as before. */
function changesBetween(
  before: ReadonlyMap<ObjectKey, Resource>,
  after: ReadonlyMap<ObjectKey, Resource>,
): ResourceChanges {
  const changes = new Map<ObjectKey, Resource | undefined>();
  for (const key of before.keys()) if (!after.has(key)) changes.set(key, undefined);
  for (const [key, resource] of after) if (before.get(key) !== resource) changes.set(key, resource);
  return changes;
}
