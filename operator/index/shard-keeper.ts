import { manifestName } from '../../core/index/manifest.ts';
import type { NamedShard } from '../../core/index/shard.ts';
import { keyOf, parseKey } from '../../kubernetes/kubernetes-object.ts';
import type { Store } from '../../kubernetes/store.ts';
import type { Mandate } from './leading.ts';
import type { ShardFiles } from './shard-files.ts';
import { isStoredManifest, type StoredPart } from './stored-shard.ts';

/** Sees to it that the cluster holds the shards that the manifest names, and after a while no others. */
export type ShardKeeper = {
  /** Writes new shards. */
  write(shards: readonly NamedShard[]): Promise<void>;
  /** From now on the manifest names these; those in `written` were written for it just now. */
  keep(shards: readonly NamedShard[], written: readonly NamedShard[]): void;
  /** Shards that somebody altered or removed; told by the reflector. */
  readonly damaged: readonly NamedShard[];
  repair(): Promise<void>;
  /** Whether there are shards to remove. */
  readonly hasGarbage: boolean;
  /** Removes some shards that no manifest names any more. */
  sweep(): Promise<void>;
};

/** Shards that are written at once. */
const concurrency = 8;
/** Shards that are removed before anything more urgent has its turn. */
const sweepSize = 16;

export function createShardKeeper(options: {
  readonly files: ShardFiles;
  readonly stored: Store<StoredPart>;
  readonly namespace: string;
  readonly mandate: Mandate;
}): ShardKeeper {
  const { files, stored, namespace, mandate } = options;
  let kept: ReadonlyMap<string, NamedShard> = new Map();
  const damaged = new Set<string>();
  const garbage = new Set<string>();
  /** Shards that went since the manifest was written last. */
  const vanished = new Set<string>();

  /** Judges what the reflector shows under a name. */
  function look(name: string): void {
    const found = stored.get(keyOf({ namespace, name }));
    const wanted = kept.get(name);
    if (name === manifestName) return;
    if (wanted === undefined) {
      damaged.delete(name);
      if (found === undefined) garbage.delete(name);
      else garbage.add(name);
      return;
    }
    garbage.delete(name);
    const isWhole = found !== undefined && !isStoredManifest(found.value) && found.value.digest === wanted.digest;
    if (isWhole) damaged.delete(name);
    else damaged.add(name);
  }

  stored.subscribe((changes) => {
    for (const { key, type } of changes) {
      const { name } = parseKey(key);
      look(name);
      if (type === 'Removed') vanished.add(name);
      else vanished.delete(name);
    }
  });

  async function write(shards: readonly NamedShard[]): Promise<void> {
    const queue = shards.values();
    const work = async (): Promise<void> => {
      for (const shard of queue) {
        mandate.demand();
        await files.write(shard, mandate.signal);
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, shards.length) }, work));
  }

  const damagedShards = (): readonly NamedShard[] => [...damaged].flatMap((name) => kept.get(name) ?? []);

  return {
    write,
    keep(shards, written) {
      const before = kept;
      kept = new Map(shards.map((shard) => [shard.name, shard]));
      for (const key of stored.keys()) look(parseKey(key).name);
      // What was just written the reflector need not have seen yet, unless it has seen it go.
      const isNew = new Set(written.map(({ name }) => name));
      for (const name of kept.keys()) if (vanished.has(name) || !(before.has(name) || isNew.has(name))) look(name);
      vanished.clear();
    },
    get damaged() {
      return damagedShards();
    },
    async repair() {
      const shards = damagedShards();
      await write(shards);
      for (const { name } of shards) damaged.delete(name);
    },
    get hasGarbage() {
      return garbage.size > 0;
    },
    async sweep() {
      const names = [...garbage].slice(0, sweepSize);
      await Promise.all(
        names.map(async (name) => {
          const found = stored.get(keyOf({ namespace, name }));
          mandate.demand();
          if (found !== undefined) {
            // Over this very version alone: whoever leads after us may have taken the shard into use.
            const { uid, resourceVersion } = found;
            await files.remove(name, { uid, resourceVersion }, mandate.signal);
          }
          garbage.delete(name);
        }),
      );
    },
  };
}
