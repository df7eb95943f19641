import type { ObjectRef } from '../api/object-ref.ts';
import { err, ok, type Result } from '../result.ts';
import { baseIndex } from './base-index.ts';
import { type IndexEntry, type KeyEntry, lookupKey, type RepositoryEntry, type UserEntry } from './entry.ts';
import { decodeEntry, idOfLine, isRemoval } from './entry-line.ts';
import { compare } from './seniority.ts';
import type { LoadedShard, Manifest } from './shard.ts';

/** One whole revision of the access index. It never changes: a new revision is a new value. */
export type AccessIndex = {
  readonly epoch: number;
  readonly revision: number;
  /** What each namespace says of the public key with this `keyHash`. */
  keys(hash: string): readonly KeyEntry[];
  user(ref: ObjectRef): UserEntry | undefined;
  repository(path: string): RepositoryEntry | undefined;
  /** In no useful order. */
  repositories(): Iterable<RepositoryEntry>;
  /** All entries, in no useful order. */
  entries(): Iterable<IndexEntry>;
};

/** Shards by digest, kept from one revision to the next so that only what is new is read. */
export type LoadedShards = ReadonlyMap<string, LoadedShard>;

export type LoadedIndex = { readonly index: AccessIndex; readonly shards: LoadedShards };

/**
 * Builds the revision that a manifest names. `shardOf` gives a stored shard by name; what it does not give as the
 * manifest has it may be among those `known` from the revision before. Any shard that is absent, altered or unreadable
 * makes the whole revision unusable: "try again", never "unknown key".
 */
export function loadIndex(
  manifest: Manifest,
  shardOf: (name: string) => LoadedShard | undefined,
  known: LoadedShards = new Map(),
): Result<LoadedIndex, string> {
  const shards = new Map<string, LoadedShard>();
  for (const { name, digest } of manifest.shards) {
    const loaded = known.get(digest) ?? shardOf(name);
    if (loaded?.digest !== digest) return err(`shard ${name} is absent, altered or unreadable`);
    shards.set(digest, loaded);
  }
  const ofKind = (wanted: LoadedShard['kind']): readonly LoadedShard[] =>
    [...shards.values()].filter(({ kind }) => kind === wanted).sort((a, b) => compare(a.from, b.from));
  const bases = ofKind('Base');
  // The manifest of a whole index begins where the ids begin.
  if (bases[0]?.from !== '') return err('the first base shard is absent');
  return ok({ index: createIndex(manifest, bases, ofKind('Delta')), shards });
}

/** `deltas`: older ones first. */
function createIndex(
  { epoch, revision }: Manifest,
  bases: readonly LoadedShard[],
  deltas: readonly LoadedShard[],
): AccessIndex {
  const starts = bases.map(({ from }) => from);
  const newestFirst = [...deltas].reverse();

  /** Mostly one; a look-up key with very many entries goes on in the next. */
  function basesOf(key: string, prefix: string): readonly LoadedShard[] {
    const first = Math.max(0, baseIndex(starts, key));
    let end = first + 1;
    while (bases[end]?.from.startsWith(prefix)) end += 1;
    return bases.slice(first, end);
  }

  /** The entries of one look-up key: their ids begin with `prefix`. */
  const find = (key: string, prefix: string): readonly IndexEntry[] => {
    const lines = new Map<string, string>();
    for (const layer of [...newestFirst, ...basesOf(key, prefix)]) {
      for (const line of linesFrom(layer, prefix)) {
        const id = idOfLine(line);
        if (!lines.has(id)) lines.set(id, line);
      }
    }
    return [...lines.values()].flatMap(entryOf);
  };
  const findOne = (key: string): IndexEntry | undefined => find(key, `${key} `)[0];

  function* entriesFrom(prefix: string): Generator<IndexEntry> {
    const changed = new Map<string, string>();
    for (const delta of deltas) for (const line of linesFrom(delta, prefix)) changed.set(idOfLine(line), line);
    for (const base of bases.slice(Math.max(0, baseIndex(starts, prefix)))) {
      if (base.from > prefix && !base.from.startsWith(prefix)) break;
      for (const line of linesFrom(base, prefix)) if (!changed.has(idOfLine(line))) yield* entryOf(line);
    }
    for (const line of changed.values()) yield* entryOf(line);
  }

  return {
    epoch,
    revision,
    keys: (hash) => find(lookupKey.key(hash), `${lookupKey.key(hash)}/`).filter((entry) => entry.kind === 'Key'),
    user(ref) {
      const entry = findOne(lookupKey.user(ref));
      return entry?.kind === 'User' ? entry : undefined;
    },
    repository(path) {
      const entry = findOne(lookupKey.repository(path));
      return entry?.kind === 'Repository' ? entry : undefined;
    },
    *repositories() {
      for (const entry of entriesFrom(lookupKey.repository(''))) if (entry.kind === 'Repository') yield entry;
    },
    entries: () => entriesFrom(''),
  };
}

function* linesFrom({ table }: LoadedShard, prefix: string): Generator<string> {
  for (let at = table.firstFrom(prefix); at < table.length; at += 1) {
    const line = table.line(at);
    if (!line.startsWith(prefix)) return;
    yield line;
  }
}

function entryOf(line: string): readonly IndexEntry[] {
  const entry = isRemoval(line) ? undefined : decodeEntry(line);
  return entry === undefined ? [] : [entry];
}
