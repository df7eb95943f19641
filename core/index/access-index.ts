import type { ObjectRef } from '../api/object-ref.ts';
import { err, ok, type Result } from '../result.ts';
import { baseIndex } from './base-index.ts';
import {
  entryId,
  type IndexEntry,
  type KeyEntry,
  lookupKey,
  lookupKeyOf,
  lookupKeyOfId,
  type RepositoryEntry,
  type UserEntry,
} from './entry.ts';
import { compare } from './seniority.ts';
import { decodeShard, digestOf, type Manifest, type Shard } from './shard.ts';

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

/** What was read of shards, kept from one revision to the next so that only what changed is read again. */
export type LoadedShards = ReadonlyMap<string, LoadedShard>;
type LoadedShard = { readonly shard: Shard; readonly entries: ReadonlyMap<string, readonly IndexEntry[]> };

export type LoadedIndex = { readonly index: AccessIndex; readonly shards: LoadedShards };

/**
 * Builds the revision that a manifest names. `textOf` gives a stored shard by name. Any shard that is absent, altered or
 * unreadable makes the whole revision unusable: "try again", never "unknown key".
 */
export function loadIndex(
  manifest: Manifest,
  textOf: (name: string) => string | undefined,
  known: LoadedShards = new Map(),
): Result<LoadedIndex, string> {
  const shards = new Map<string, LoadedShard>();
  for (const { name, digest } of manifest.shards) {
    const loaded = known.get(digest) ?? loadShard(textOf(name), digest);
    if (loaded === undefined) return err(`shard ${name} is absent, altered or unreadable`);
    shards.set(digest, loaded);
  }
  const loaded = [...shards.values()];
  const bases = loaded.filter(({ shard }) => shard.kind === 'Base').sort((a, b) => compare(a.shard.from, b.shard.from));
  const deltas = loaded
    .filter(({ shard }) => shard.kind === 'Delta')
    .sort((a, b) => compare(a.shard.from, b.shard.from));
  return ok({ index: createIndex(manifest, bases, overlayOf(deltas)), shards });
}

function loadShard(text: string | undefined, digest: string): LoadedShard | undefined {
  if (text === undefined || digestOf(text) !== digest) return undefined;
  const decoded = decodeShard(text);
  if (!decoded.ok) return undefined;
  return { shard: decoded.value, entries: byLookupKey(decoded.value.entries) };
}

function byLookupKey(entries: readonly IndexEntry[]): ReadonlyMap<string, readonly IndexEntry[]> {
  const groups = new Map<string, IndexEntry[]>();
  for (const entry of entries) {
    const group = groups.get(lookupKeyOf(entry));
    if (group === undefined) groups.set(lookupKeyOf(entry), [entry]);
    else group.push(entry);
  }
  return groups;
}

/** Changes over the base shards: by look-up key, then by entry id; undefined: removed. */
type Overlay = ReadonlyMap<string, ReadonlyMap<string, IndexEntry | undefined>>;

function overlayOf(deltas: readonly LoadedShard[]): Overlay {
  const overlay = new Map<string, Map<string, IndexEntry | undefined>>();
  const put = (id: string, entry: IndexEntry | undefined): void => {
    const key = lookupKeyOfId(id);
    const changes = overlay.get(key) ?? new Map<string, IndexEntry | undefined>();
    overlay.set(key, changes.set(id, entry));
  };
  for (const { shard } of deltas) {
    for (const id of shard.removed) put(id, undefined);
    for (const entry of shard.entries) put(entryId(entry), entry);
  }
  return overlay;
}

function createIndex({ epoch, revision }: Manifest, bases: readonly LoadedShard[], overlay: Overlay): AccessIndex {
  const starts = bases.map(({ shard }) => shard.from);
  const find = (key: string): readonly IndexEntry[] =>
    withChanges(bases[baseIndex(starts, key)]?.entries.get(key) ?? [], overlay.get(key));
  return {
    epoch,
    revision,
    keys: (hash) => find(lookupKey.key(hash)).filter((entry) => entry.kind === 'Key'),
    user: (ref) => find(lookupKey.user(ref)).find((entry) => entry.kind === 'User'),
    repository: (path) => find(lookupKey.repository(path)).find((entry) => entry.kind === 'Repository'),
    *repositories() {
      for (const entry of entriesOf(basesBetween(bases, starts, repositoryKeys))) {
        if (entry.kind === 'Repository') yield entry;
      }
    },
    entries: () => entriesOf(bases),
  };

  function* entriesOf(some: readonly LoadedShard[]): Generator<IndexEntry> {
    for (const { entries } of some) {
      for (const [key, group] of entries) if (!overlay.has(key)) yield* group;
    }
    for (const key of overlay.keys()) yield* find(key);
  }
}

/** What begins with `repository/`: `0` follows `/`. */
const repositoryKeys = ['repository/', 'repository0'] as const;

/** The base shards that may hold look-up keys from the first up to the second. */
const basesBetween = (
  bases: readonly LoadedShard[],
  starts: readonly string[],
  [from, to]: readonly [string, string],
): readonly LoadedShard[] => bases.slice(Math.max(0, baseIndex(starts, from)), baseIndex(starts, to) + 1);

function withChanges(
  base: readonly IndexEntry[],
  changes: ReadonlyMap<string, IndexEntry | undefined> | undefined,
): readonly IndexEntry[] {
  if (changes === undefined) return base;
  const kept = base.filter((entry) => !changes.has(entryId(entry)));
  return [...kept, ...[...changes.values()].filter((entry) => entry !== undefined)];
}
