import { buildBases, buildDeltas, type WrittenShard } from './build-shards.ts';
import { entryId, type IndexEntry } from './entry.ts';
import { serialize } from './entry-size.ts';
import { foldShards } from './fold-shards.ts';
import { type Manifest, maxShardBytes, type StoredShard } from './shard.ts';

/** What the writer of the index knows of the revision that it wrote last. */
export type ShardSet = {
  readonly manifest: Manifest;
  /** The entries of that revision, by id. */
  readonly entries: ReadonlyMap<string, IndexEntry>;
  readonly bases: readonly WrittenShard[];
  /** In the order in which they lie over the base. */
  readonly deltas: readonly WrittenShard[];
};

/**
 * Steps in this order leave a usable index at every moment: write what is new, write the manifest of `next`, then
 * remove what no manifest names any more.
 */
export type ShardPlan = {
  readonly writes: readonly StoredShard[];
  readonly removes: readonly string[];
  readonly next: ShardSet;
};

export type ShardLimits = {
  /** Changes are folded into the base when they fill more shards than this. */
  readonly maxDeltas: number;
  /** The most bytes of base shards that one plan may write again for folding. */
  readonly foldBytes: number;
};

/**
 * Plans the revision that holds exactly `entries`. Small changes cost a small delta shard, however large the index is.
 * Undefined when nothing changed. Entries that are the same value as before are taken to be equal without a look.
 */
export function planRevision(
  previous: ShardSet | undefined,
  entries: readonly IndexEntry[],
  epoch: number,
  limits: ShardLimits,
): ShardPlan | undefined {
  const byId = new Map(entries.map((entry) => [entryId(entry), entry]));
  if (previous === undefined) return planAgainst(undefined, byId, epoch, buildBases(entries), []);
  const changed = [...byId].filter(([id, entry]) => !isSame(previous.entries.get(id), entry)).map(([, entry]) => entry);
  const removed = [...previous.entries.keys()].filter((id) => !byId.has(id));
  if (changed.length === 0 && removed.length === 0 && previous.manifest.epoch === epoch) return undefined;
  const deltas = appendChanges(previous.deltas, changed, removed);
  const folded =
    deltas.length > limits.maxDeltas ? foldShards(previous.bases, deltas, byId, limits.foldBytes) : undefined;
  return planAgainst(previous, byId, epoch, folded?.bases ?? previous.bases, folded?.deltas ?? deltas);
}

const isSame = (a: IndexEntry | undefined, b: IndexEntry): boolean =>
  a === b || (a !== undefined && serialize(a) === serialize(b));

function planAgainst(
  previous: ShardSet | undefined,
  entries: ReadonlyMap<string, IndexEntry>,
  epoch: number,
  bases: readonly WrittenShard[],
  deltas: readonly WrittenShard[],
): ShardPlan {
  const shards = [...bases, ...deltas].map(({ stored }) => stored);
  const before = new Set(previous?.manifest.shards.map(({ name }) => name));
  const after = new Set(shards.map(({ name }) => name));
  const revision = (previous?.manifest.revision ?? 0) + 1;
  return {
    writes: shards.filter(({ name }) => !before.has(name)),
    removes: [...before].filter((name) => !after.has(name)),
    next: {
      manifest: { epoch, revision, shards: shards.map(({ name, digest }) => ({ name, digest })) },
      entries,
      bases,
      deltas,
    },
  };
}

/** Adds changes to the uppermost delta while there is room in it, then to new ones. */
function appendChanges(
  deltas: readonly WrittenShard[],
  changed: readonly IndexEntry[],
  removed: readonly string[],
): readonly WrittenShard[] {
  const last = deltas.at(-1);
  const startsNew = last === undefined || last.stored.text.length >= maxShardBytes / 2;
  const kept = startsNew ? deltas : deltas.slice(0, -1);
  const gone = new Set(removed);
  const fresh = new Set(changed.map(entryId));
  const entries = [
    ...(startsNew ? [] : last.shard.entries.filter((entry) => !fresh.has(entryId(entry)) && !gone.has(entryId(entry)))),
    ...changed,
  ];
  const removals = [
    ...(startsNew ? [] : last.shard.removed.filter((id) => !fresh.has(id) && !gone.has(id))),
    ...removed,
  ];
  const first = kept.length === 0 ? 0 : Number(kept.at(-1)?.shard.from) + 1;
  return [...kept, ...buildDeltas(entries, removals, first)];
}
