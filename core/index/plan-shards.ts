import { buildBases, buildDeltas, deltaAfter, noDelta } from './build-shards.ts';
import { idOfLine, removalOf } from './entry-line.ts';
import { foldShards, isCrowded, joinShards } from './fold-shards.ts';
import { type IndexChanges, isEmpty } from './index-changes.ts';
import { mergeDeltas } from './merge-deltas.ts';
import { compare } from './seniority.ts';
import { isOpen, type NamedShard } from './shard.ts';
import { entryLines, type ShardSet } from './shard-set.ts';

/**
 * Steps in this order leave a usable index at every moment: write what is new, write the manifest of `next`, then
 * remove what no manifest names any more.
 */
export type ShardPlan = {
  readonly writes: readonly NamedShard[];
  readonly next: ShardSet;
};

/**
 * How changes are laid down. `Append`: over what is there, so that no base shard is written again. `Apart`: nor is the
 * uppermost delta shard, so that what is written is made of these changes alone. With limits, bases may be too.
 */
export type Laying = ShardLimits | 'Append' | 'Apart';

export type ShardLimits = {
  /** Changes are folded into the base while they fill more shards than this. */
  readonly maxDeltas: number;
  /** The most bytes of base shards that this plan may write again for folding; 0: none. */
  readonly foldBytes: number;
};

/** How many times the limit delta shards may be, from which on they are merged, or all is written anew. */
export const maxLag = 4;

/** Whether a plan with these limits and no changes would have something to do. */
export const needsFolding = (set: ShardSet, { maxDeltas }: Pick<ShardLimits, 'maxDeltas'>): boolean =>
  set.deltas.length > maxDeltas || isCrowded(set);

type Layers = Pick<ShardSet, 'bases' | 'deltas'>;

/**
 * Plans the revision to which `changes` lead. Small changes cost a small delta shard, however large the index is.
 * Undefined when there is nothing to write: nothing changed, nothing is to be folded, and the epoch is the same.
 */
export function planRevision(
  previous: ShardSet | undefined,
  changes: IndexChanges,
  epoch: number,
  laying: Laying,
): ShardPlan | undefined {
  if (previous === undefined) {
    return planAgainst(
      undefined,
      { bases: buildBases([...changes.set.values()].sort(compare), '', noDelta), deltas: [] },
      epoch,
    );
  }
  const changed = withChanges(previous, changes, laying);
  const folded = typeof laying === 'string' ? changed : withFolding(changed, laying);
  const isSame = folded.bases === previous.bases && folded.deltas === previous.deltas;
  return isSame && previous.manifest.epoch === epoch ? undefined : planAgainst(previous, folded, epoch);
}

function withFolding(layers: Layers, { maxDeltas, foldBytes }: ShardLimits): Layers {
  if (layers.deltas.length > maxLag * maxDeltas) {
    const merged = mergeDeltas(layers.deltas, latestDelta(layers));
    // More than that, and it is the base alone that can take them in.
    if (merged.length <= layers.deltas.length / 2) return { bases: layers.bases, deltas: merged };
  }
  if (layers.deltas.length > maxDeltas) return foldShards(layers, foldBytes);
  return isCrowded(layers) ? joinShards(layers, foldBytes) : layers;
}

function planAgainst(previous: ShardSet | undefined, { bases, deltas }: Layers, epoch: number): ShardPlan {
  const shards = [...bases, ...deltas];
  const before = new Set(previous?.manifest.shards.map(({ name }) => name));
  const revision = (previous?.manifest.revision ?? 0) + 1;
  const manifest = { epoch, revision, shards: shards.map(({ name, digest }) => ({ name, digest })) };
  return {
    writes: shards.filter(({ name }) => !before.has(name)),
    next: { manifest, bases, deltas },
  };
}

function withChanges(previous: ShardSet, changes: IndexChanges, laying: Laying): Layers {
  if (isEmpty(changes) && previous.bases.length > 0) return previous;
  const lines = [...changes.set.values(), ...[...changes.removed].map(removalOf)];
  const latest = latestDelta(previous);
  // What outweighs the base is no change of it: so an index that grows from nothing is written about twice in all. And
  // gateways ask every delta: where folding cannot keep up, all is written anew.
  const weight = sum(lines.map((line) => line.length)) + sum(previous.deltas.map(({ bytes }) => bytes));
  const isChange = (limits: ShardLimits): boolean =>
    weight <= sum(previous.bases.map(({ bytes }) => bytes)) && previous.deltas.length <= maxLag * limits.maxDeltas;
  if (previous.bases.length > 0 && (typeof laying === 'string' || isChange(laying))) {
    return { bases: previous.bases, deltas: appendChanges(previous, lines, latest, laying === 'Apart') };
  }
  const all = entryLines(previous);
  for (const id of changes.removed) all.delete(id);
  for (const [id, line] of changes.set) all.set(id, line);
  return { bases: buildBases([...all.values()].sort(compare), '', latest), deltas: [] };
}

/** The number of the newest delta shard that there has been, as far as that is known. */
const latestDelta = ({ bases, deltas }: Layers): string =>
  [...bases.map(({ through }) => through), ...deltas.map(({ from }) => from)].reduce(
    (a, b) => (a > b ? a : b),
    noDelta,
  );

/** Adds changes to the uppermost delta while there is room in it, else to new ones. */
function appendChanges(
  { deltas }: ShardSet,
  changes: readonly string[],
  latest: string,
  isApart: boolean,
): readonly NamedShard[] {
  const last = deltas.at(-1);
  const open = last !== undefined && !isApart && isOpen(last) ? last : undefined;
  const lines = new Map(open?.lines.map((line) => [idOfLine(line), line]));
  for (const line of changes) lines.set(idOfLine(line), line);
  const sorted = [...lines.values()].sort(compare);
  if (open !== undefined) return [...deltas.slice(0, -1), ...buildDeltas(sorted, open.from)];
  return [...deltas, ...buildDeltas(sorted, deltaAfter(latest))];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
