import { lookupKeyOfId } from './entry.ts';
import { idOfLine } from './entry-line.ts';
import { maxShardBytes, type NamedShard, nameShard } from './shard.ts';

/**
 * Cuts sorted lines into as few base shards of about `maxShardBytes` as hold them, all about as large: a small one at the
 * end of each piece that is cut anew would in time make the manifest longer than an object may be. A look-up key is cut in
 * two only where it alone fills twice that, for any number of namespaces may list one public key.
 */
export function buildBases(lines: readonly string[], from: string, through: string): readonly NamedShard[] {
  const sizes = lines.map(bytesOfLine);
  let rest = sizes.reduce((sum, size) => sum + size, 0);
  let target = evenPart(rest);
  let current = { from, bytes: 0, lines: [] as string[], lastKey: from };
  const parts = [current];
  for (const [at, line] of lines.entries()) {
    const id = idOfLine(line);
    const key = lookupKeyOfId(id);
    const bytes = sizes[at] ?? 0;
    const isWithin = key === current.lastKey;
    const isFull = isWithin ? current.bytes + bytes > 2 * maxShardBytes : current.bytes >= target;
    if (isFull && current.lines.length > 0) {
      rest -= current.bytes;
      target = evenPart(rest);
      current = { from: isWithin ? id : key, bytes: 0, lines: [], lastKey: key };
      parts.push(current);
    }
    current.lines.push(line);
    current.bytes += bytes;
    current.lastKey = key;
  }
  return parts.map((part) => nameShard({ kind: 'Base', from: part.from, through, lines: part.lines }));
}

const evenPart = (bytes: number): number => bytes / Math.max(1, Math.ceil(bytes / maxShardBytes));

const bytesOfLine = (line: string): number => Buffer.byteLength(line) + 1;

/** Of lines in a shard. */
export const bytesOf = (lines: readonly string[]): number => lines.reduce((sum, line) => sum + bytesOfLine(line), 0);

/** Packs sorted lines into as few delta shards as hold them, the first with the number `first`. */
export function buildDeltas(lines: readonly string[], first: string): readonly NamedShard[] {
  let current = { from: first, bytes: 0, lines: [] as string[] };
  const parts = [current];
  for (const line of lines) {
    const bytes = bytesOfLine(line);
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
