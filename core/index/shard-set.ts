import { err, ok, type Result } from '../result.ts';
import { idOfLine, isRemoval } from './entry-line.ts';
import { compare } from './seniority.ts';
import { type LoadedShard, linesOf, type Manifest, type NamedShard } from './shard.ts';

/** What the writer of the index knows of the revision that it wrote last. */
export type ShardSet = {
  readonly manifest: Manifest;
  /** By `from`. */
  readonly bases: readonly NamedShard[];
  /** In the order in which they lie over the base. */
  readonly deltas: readonly NamedShard[];
};

/** Reads back what an earlier writer left. The error says why that cannot be built upon. */
export function openShardSet(
  manifest: Manifest,
  shardOf: (name: string) => LoadedShard | undefined,
): Result<ShardSet, string> {
  const shards: NamedShard[] = [];
  for (const { name, digest } of manifest.shards) {
    const loaded = shardOf(name);
    if (loaded?.digest !== digest) return err(`shard ${name} is absent, altered or unreadable`);
    const { kind, from, through, bytes } = loaded;
    shards.push({ kind, from, through, lines: linesOf(loaded), name, digest, bytes });
  }
  const ofKind = (wanted: NamedShard['kind']): readonly NamedShard[] =>
    shards.filter(({ kind }) => kind === wanted).sort((a, b) => compare(a.from, b.from));
  return ok({ manifest, bases: ofKind('Base'), deltas: ofKind('Delta') });
}

/** Changes that lie over base shards: by id, the newest line, which may be a removal. */
export function overlayOf(deltas: readonly NamedShard[]): Map<string, string> {
  const overlay = new Map<string, string>();
  for (const { lines } of deltas) for (const line of lines) overlay.set(idOfLine(line), line);
  return overlay;
}

/** All entries of a revision: by id, the line. */
export function entryLines({ bases, deltas }: Pick<ShardSet, 'bases' | 'deltas'>): Map<string, string> {
  const lines = new Map<string, string>();
  for (const base of bases) for (const line of base.lines) lines.set(idOfLine(line), line);
  for (const [id, line] of overlayOf(deltas)) {
    if (isRemoval(line)) lines.delete(id);
    else lines.set(id, line);
  }
  return lines;
}
