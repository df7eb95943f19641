import { entryId, type IndexEntry, lookupKeyOf } from './entry.ts';
import { sizeOf } from './entry-size.ts';
import { compare } from './seniority.ts';
import { encodeShard, maxShardBytes, type Shard, type StoredShard } from './shard.ts';

/** A shard with the form that it is stored in. */
export type WrittenShard = { readonly shard: Shard; readonly stored: StoredShard };

export const written = (shard: Shard): WrittenShard => ({ shard, stored: encodeShard(shard) });

/** Cuts sorted entries into shards of at most `maxShardBytes`, never between two entries of one look-up key. */
export function buildBases(entries: readonly IndexEntry[], from = ''): readonly WrittenShard[] {
  const sorted = entries
    .map((entry) => ({ entry, key: lookupKeyOf(entry), id: entryId(entry) }))
    .sort((a, b) => compare(a.key, b.key) || compare(a.id, b.id));
  const shards: { from: string; bytes: number; entries: IndexEntry[]; lastKey: string }[] = [];
  let current = { from, bytes: 0, entries: [] as IndexEntry[], lastKey: from };
  shards.push(current);
  for (const { entry, key } of sorted) {
    if (key !== current.lastKey && current.bytes + sizeOf(entry) > maxShardBytes) {
      current = { from: key, bytes: 0, entries: [], lastKey: key };
      shards.push(current);
    }
    current.entries.push(entry);
    current.bytes += sizeOf(entry);
    current.lastKey = key;
  }
  return shards.map((shard) => written({ kind: 'Base', from: shard.from, entries: shard.entries, removed: [] }));
}

/** Packs changes into as few delta shards as hold them, numbered from `first`. */
export function buildDeltas(
  entries: readonly IndexEntry[],
  removed: readonly string[],
  first: number,
): readonly WrittenShard[] {
  const parts: { bytes: number; entries: IndexEntry[]; removed: string[] }[] = [];
  const partFor = (bytes: number) => {
    const last = parts.at(-1);
    const part =
      last === undefined || last.bytes + bytes > maxShardBytes ? { bytes: 0, entries: [], removed: [] } : last;
    if (part !== last) parts.push(part);
    part.bytes += bytes;
    return part;
  };
  for (const id of removed) partFor(id.length + 3).removed.push(id);
  for (const entry of entries) partFor(sizeOf(entry)).entries.push(entry);
  return parts.map((part, index) =>
    written({ kind: 'Delta', from: deltaNumber(first + index), entries: part.entries, removed: part.removed }),
  );
}

/** Sorts as text in the order of the numbers. */
const deltaNumber = (number: number): string => String(number).padStart(12, '0');
