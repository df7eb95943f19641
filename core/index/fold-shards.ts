import { baseIndex } from './base-index.ts';
import { buildBases } from './build-shards.ts';
import { lookupKeyOfId } from './entry.ts';
import { idOfLine, isRemoval } from './entry-line.ts';
import { compare } from './seniority.ts';
import { isOpen, type NamedShard } from './shard.ts';
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
  const changes = changesByBase(bases, closed, chosen);
  const folded: NamedShard[] = [];
  for (let at = 0; at < bases.length; at += 1) {
    const base = bases[at];
    if (base === undefined) break;
    if (!chosen.has(at)) {
      folded.push(base);
      continue;
    }
    // Neighbours are cut anew together, so that bases that have become small grow together again.
    const lines: string[] = [];
    let end = at;
    for (; chosen.has(end); end += 1) lines.push(...withChanges(bases[end]?.lines ?? [], changes.get(end)));
    folded.push(...buildBases(lines, base.from, through));
    at = end - 1;
  }
  const contained = folded.reduce((least, base) => (base.through < least ? base.through : least), through);
  return { bases: folded, deltas: deltas.filter(({ from }) => from > contained) };
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

/** For each chosen base the newest line of each id that lies over it. */
function changesByBase(
  bases: readonly NamedShard[],
  deltas: readonly NamedShard[],
  chosen: ReadonlySet<number>,
): ReadonlyMap<number, ReadonlyMap<string, string>> {
  const starts = bases.map(({ from }) => from);
  const changes = new Map([...chosen].map((at) => [at, new Map<string, string>()]));
  for (const [id, line] of overlayOf(deltas)) changes.get(baseIndex(starts, lookupKeyOfId(id)))?.set(id, line);
  return changes;
}

function withChanges(lines: readonly string[], changes: ReadonlyMap<string, string> | undefined): readonly string[] {
  if (changes === undefined || changes.size === 0) return lines;
  const kept = lines.filter((line) => !changes.has(idOfLine(line)));
  return [...kept, ...[...changes.values()].filter((line) => !isRemoval(line))].sort(compare);
}
