import { baseIndex } from './base-index.ts';
import { buildBases, type WrittenShard, written } from './build-shards.ts';
import { entryId, type IndexEntry, lookupKeyOf, lookupKeyOfId } from './entry.ts';

/** Writes base shards again with the changes that lie over them, most changed first, within the bound on bytes. */
export function foldShards(
  bases: readonly WrittenShard[],
  deltas: readonly WrittenShard[],
  entries: ReadonlyMap<string, IndexEntry>,
  foldBytes: number,
): { readonly bases: readonly WrittenShard[]; readonly deltas: readonly WrittenShard[] } {
  const starts = bases.map(({ shard }) => shard.from);
  const pending = new Map<number, number>();
  for (const { shard } of deltas) {
    for (const id of [...shard.removed, ...shard.entries.map(entryId)]) {
      const base = baseIndex(starts, lookupKeyOfId(id));
      pending.set(base, (pending.get(base) ?? 0) + 1);
    }
  }
  let budget = foldBytes;
  const folded = new Set<number>();
  for (const [base] of [...pending].sort(([, a], [, b]) => b - a)) {
    budget -= bases[base]?.stored.text.length ?? 0;
    if (budget < 0 && folded.size > 0) break;
    folded.add(base);
  }
  const isFolded = (key: string): boolean => folded.has(baseIndex(starts, key));
  const contents = new Map<number, IndexEntry[]>([...folded].map((base) => [base, []]));
  for (const entry of entries.values()) contents.get(baseIndex(starts, lookupKeyOf(entry)))?.push(entry);
  return {
    bases: bases.flatMap((base, index) => {
      const content = contents.get(index);
      return content === undefined ? [base] : buildBases(content, base.shard.from);
    }),
    deltas: deltas.flatMap(({ shard }) => {
      const rest = shard.entries.filter((entry) => !isFolded(lookupKeyOf(entry)));
      const removed = shard.removed.filter((id) => !isFolded(lookupKeyOfId(id)));
      return rest.length + removed.length === 0 ? [] : [written({ ...shard, entries: rest, removed })];
    }),
  };
}
