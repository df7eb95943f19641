import { baseIndex } from './base-index.ts';
import { buildBases, bytesOf } from './build-shards.ts';
import { idOfLine, isRemoval } from './entry-line.ts';
import { compare } from './seniority.ts';
import { isOpen, maxShardBytes, type NamedShard } from './shard.ts';
import { overlayOf, type ShardSet } from './shard-set.ts';

type Layers = Pick<ShardSet, 'bases' | 'deltas'>;

/**
 * Writes base shards again with what lies over them, those first that are furthest behind, within a bound on bytes. A
 * delta shard stays as it is until every base contains it, and then goes: to take lines out of it one by one would
 * write it again each time. What it says of a base that contains it already does no harm, for a later delta that says
 * otherwise lies over it as long.
 */
export function foldShards({ bases, deltas }: Layers, foldBytes: number): Layers {
  // The uppermost may yet be written to, so that no base can contain it.
  const last = deltas.at(-1);
  const closed = last !== undefined && isOpen(last) ? deltas.slice(0, -1) : deltas;
  const through = closed.at(-1)?.from;
  const chosen = furthestBehind(bases, foldBytes);
  if (through === undefined || chosen.size === 0) return { bases, deltas };
  const folded = cutAnew(bases, chosen, changesByBase(bases, closed), through);
  const contained = folded.reduce((least, base) => (base.through < least ? base.through : least), through);
  return { bases: folded, deltas: deltas.filter(({ from }) => from > contained) };
}

/** So many that what they say would fill far fewer: the manifest, which names them all, has an end. */
export function isCrowded({ bases, deltas }: Layers): boolean {
  if (bases.length + deltas.length < crowdedFrom) return false;
  return sizeOf(bases) < minFill * bases.length * maxShardBytes;
}

/** Of the `maxManifestShards` that a manifest can name. */
const crowdedFrom = 3_072;
const minFill = 0.75;

/** Joins the smallest neighbours, within a bound on bytes. Only where `foldShards` has nothing to fold, which joins too. */
export function joinShards({ bases, deltas }: Layers, bytes: number): Layers {
  const last = deltas.at(-1);
  const isAllContained = last === undefined || (deltas.length === 1 && isOpen(last));
  const chosen = smallestNeighbours(bases, bytes);
  if (!isAllContained || chosen.size < 2) return foldShards({ bases, deltas }, bytes);
  // With no closed delta shard left, every base contains all that there were.
  const through = bases.reduce((most, base) => (base.through > most ? base.through : most), '');
  return { bases: cutAnew(bases, chosen, new Map(), through), deltas };
}

type Changes = ReadonlyMap<number, ReadonlyMap<string, string>>;

/** Neighbours are cut anew together, so that bases that have become small grow together again. */
function cutAnew(
  bases: readonly NamedShard[],
  chosen: ReadonlySet<number>,
  changes: Changes,
  through: string,
): readonly NamedShard[] {
  const linesAt = (at: number): readonly string[] => withChanges(bases[at]?.lines ?? [], changes.get(at));
  const result: NamedShard[] = [];
  for (let at = 0; at < bases.length; at += 1) {
    const base = bases[at];
    if (base === undefined) break;
    if (!chosen.has(at)) {
      result.push(base);
      continue;
    }
    const lines: string[] = [];
    let end = at;
    // What came out small takes the next one in, so that hardly any base is less than half a shard.
    for (; chosen.has(end) || (end < bases.length && bytesOf(lines) < maxShardBytes / 2); end += 1)
      for (const line of linesAt(end)) lines.push(line);
    result.push(...buildBases(lines, base.from, through));
    at = end - 1;
  }
  return result;
}

/** Positions of base shards that together have at most so many bytes; the first of them whatever it has. */
function furthestBehind(bases: readonly NamedShard[], foldBytes: number): ReadonlySet<number> {
  const chosen = new Set<number>();
  if (foldBytes <= 0) return chosen;
  const order = bases
    .map((_, at) => at)
    .sort((a, b) => compare(bases[a]?.through ?? '', bases[b]?.through ?? '') || a - b);
  let budget = foldBytes;
  for (const at of order) {
    budget -= bases[at]?.bytes ?? 0;
    if (budget < 0 && chosen.size > 0) break;
    chosen.add(at);
  }
  return chosen;
}

/** Of all neighbours that together have at most so many bytes, the most. */
function smallestNeighbours(bases: readonly NamedShard[], maxBytes: number): ReadonlySet<number> {
  let best = { start: 0, end: 0 };
  let bytes = 0;
  let start = 0;
  for (const [at, base] of bases.entries()) {
    bytes += base.bytes;
    for (; bytes > maxBytes; start += 1) bytes -= bases[start]?.bytes ?? 0;
    if (at + 1 - start > best.end - best.start) best = { start, end: at + 1 };
  }
  return new Set(Array.from({ length: best.end - best.start }, (_, at) => best.start + at));
}

/** For each base the newest line of each id that lies over it. */
function changesByBase(bases: readonly NamedShard[], deltas: readonly NamedShard[]): Changes {
  const starts = bases.map(({ from }) => from);
  const changes = new Map<number, Map<string, string>>();
  for (const [id, line] of overlayOf(deltas)) {
    const at = baseIndex(starts, id);
    const known = changes.get(at);
    if (known === undefined) changes.set(at, new Map([[id, line]]));
    else known.set(id, line);
  }
  return changes;
}

function withChanges(lines: readonly string[], changes: ReadonlyMap<string, string> | undefined): readonly string[] {
  if (changes === undefined || changes.size === 0) return lines;
  const kept = lines.filter((line) => !changes.has(idOfLine(line)));
  return [...kept, ...[...changes.values()].filter((line) => !isRemoval(line))].sort(compare);
}

const sizeOf = (shards: readonly NamedShard[]): number => shards.reduce((sum, { bytes }) => sum + bytes, 0);
