import type { Resource } from '../core/api/resource.ts';
import { type AccessIndex, type LoadedShards, loadIndex } from '../core/index/access-index.ts';
import { type CompiledIndex, compileIndex } from '../core/index/compile.ts';
import { planRevision, type ShardSet } from '../core/index/plan-shards.ts';
import type { IndexPolicy } from '../core/index/policy.ts';
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
  const texts = new Map<string, string>();
  const subscribers = new Set<(index: AccessIndex) => void>();
  let written: ShardSet | undefined;
  let shards: LoadedShards = new Map();
  let current: AccessIndex | undefined;

  const swap = (next: ShardSet): void => {
    const loaded = loadIndex(next.manifest, (name) => texts.get(name), shards);
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
      const compiled = compileIndex(resources, policy);
      const plan = planRevision(written, compiled.entries, epoch, limits);
      if (plan === undefined) return compiled;
      for (const { name, text } of plan.writes) texts.set(name, text);
      swap(plan.next);
      for (const name of plan.removes) texts.delete(name);
      written = plan.next;
      return compiled;
    },
  };
}
