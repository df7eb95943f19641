import { lookupKeyOfId } from './entry.ts';
import { idOfLine } from './entry-line.ts';
import { maxShardBytes, type NamedShard, nameShard } from './shard.ts';

/** Cuts sorted lines into base shards of at most `maxShardBytes`, never between two entries of one look-up key. */
export function buildBases(lines: readonly string[], from: string, through: string): readonly NamedShard[] {
  let current = { from, bytes: 0, lines: [] as string[], lastKey: from };
  const parts = [current];
  for (const line of lines) {
    const key = lookupKeyOfId(idOfLine(line));
    const bytes = Buffer.byteLength(line) + 1;
    if (key !== current.lastKey && current.lines.length > 0 && current.bytes + bytes > maxShardBytes) {
      current = { from: key, bytes: 0, lines: [], lastKey: key };
      parts.push(current);
    }
    current.lines.push(line);
    current.bytes += bytes;
    current.lastKey = key;
  }
  return parts.map((part) => nameShard({ kind: 'Base', from: part.from, through, lines: part.lines }));
}

/** Packs sorted lines into as few delta shards as hold them, the first with the number `first`. */
export function buildDeltas(lines: readonly string[], first: string): readonly NamedShard[] {
  let current = { from: first, bytes: 0, lines: [] as string[] };
  const parts = [current];
  for (const line of lines) {
    const bytes = Buffer.byteLength(line) + 1;
    if (current.lines.length > 0 && current.bytes + bytes > maxShardBytes) {
      current = { from: deltaAfter(current.from), bytes: 0, lines: [] };
      parts.push(current);
    }
    current.bytes += bytes;
    current.lines.push(line);
  }
  return parts.map((part) => nameShard({ kind: 'Delta', from: part.from, through: noDelta, lines: part.lines }));
}

/** Before the first delta shard. */
export const noDelta = '';

/** The number of a delta shard: they sort as text in the order in which they lie over each other. */
export const deltaAfter = (number: string): string =>
  String(number === noDelta ? 0 : Number(number) + 1).padStart(12, '0');
