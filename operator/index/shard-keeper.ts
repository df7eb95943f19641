import { manifestName } from '../../core/index/manifest.ts';
import type { NamedShard } from '../../core/index/shard.ts';
import { keyOf, parseKey } from '../../kubernetes/kubernetes-object.ts';
import type { Store } from '../../kubernetes/store.ts';
import type { Mandate } from './leading.ts';
import { isRefusal, type ShardFiles } from './shard-files.ts';
import { isStoredManifest, type StoredPart } from './stored-shard.ts';

/** The API server will not store these shards, for what they hold or for what we may not do. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  // Private, so that no log prints what they hold.
  readonly #shards: readonly NamedShard[];

  constructor(shards: readonly NamedShard[], cause: unknown) {
    super('shards of the index were refused', { cause });
    this.#shards = shards;
  }

  get shards(): readonly NamedShard[] {
    return this.#shards;
  }
}

/** Sees to it that the cluster holds the shards that the manifest names, and after a while no others. */
export type ShardKeeper = {
  /** Writes new shards: all that can be. Rejects with a `RefusedError` that names the others. */
  write(shards: readonly NamedShard[]): Promise<void>;
  /** From now on the manifest names these; those in `written` were written for it just now. */
  keep(shards: readonly NamedShard[], written: readonly NamedShard[]): void;
  /** Shards that somebody altered or removed; told by the reflector. */
  readonly damaged: readonly NamedShard[];
  repair(): Promise<void>;
  /** Milliseconds until there is something to sweep; infinite: there is nothing. */
  readonly sweepInMs: number;
  /**
   * Removes some shards that the manifest does not name: at once what it named before. Any other may be what an operator
   * that leads after us has written and not named yet, and stays for some minutes.
   */
  sweep(): Promise<void>;
};

/** Shards that are written at once. */
const concurrency = 8;
/** Shards that are removed before anything more urgent has its turn. */
const sweepSize = 16;
/** Longer than any operator takes from its first shard to its manifest. */
const defaultGraceMs = 300_000;

export function createShardKeeper(options: {
  readonly files: ShardFiles;
  readonly stored: Store<StoredPart>;
  readonly namespace: string;
  /** The names in the manifest that the leader found. */
  readonly inherited: readonly string[];
  readonly mandate: Mandate;
  readonly graceMs?: number;
}): ShardKeeper {
  const { files, stored, namespace, mandate, graceMs = defaultGraceMs } = options;
  let named: ReadonlySet<string> = new Set(options.inherited);
  let kept: ReadonlyMap<string, NamedShard> = new Map();
  const damaged = new Set<string>();
  /** By name, the versions that we wrote, of shards that are kept. */
  const versions = new Map<string, string>();
  /** The same of shards that were named, and are no more, before the reflector showed them. */
  const retired = new Map<string, string>();
  /** By name, when it may be removed, by the steady clock. */
  const garbage = new Map<string, number>();
  /** Shards that went since the manifest was written last. */
  const vanished = new Set<string>();

  /** Judges what the reflector shows under a name. `wasNamed`: just now, by the manifest before this one. */
  function look(name: string, wasNamed = false): void {
    const found = stored.get(keyOf({ namespace, name }));
    const wanted = kept.get(name);
    if (name === manifestName) return;
    if (wanted === undefined) {
      damaged.delete(name);
      if (found === undefined) garbage.delete(name);
      else if (wasNamed) garbage.set(name, performance.now());
      else if (!garbage.has(name)) garbage.set(name, performance.now() + graceMs);
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
      // Any version but ours may have another writer.
      garbage.delete(name);
      const isOurs = retired.has(name) && stored.get(key)?.resourceVersion === retired.get(name);
      retired.delete(name);
      look(name, isOurs);
      if (type === 'Removed') vanished.add(name);
      else vanished.delete(name);
    }
  });

  async function write(shards: readonly NamedShard[]): Promise<void> {
    const queue = shards.values();
    const refused: NamedShard[] = [];
    let refusal: unknown;
    let isFaulty = false;
    const work = async (): Promise<void> => {
      for (const shard of queue) {
        // Whoever tries again writes them all: what went on here would be in the way of that.
        if (isFaulty) return;
        mandate.demand();
        try {
          versions.set(shard.name, await files.write(shard, mandate.signal));
        } catch (error) {
          if (isRefusal(error)) {
            refused.push(shard);
            refusal = error;
            continue;
          }
          isFaulty = true;
          throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, shards.length) }, work));
    if (refused.length > 0) throw new RefusedError(refused, refusal);
  }

  const damagedShards = (): readonly NamedShard[] => [...damaged].flatMap((name) => kept.get(name) ?? []);

  return {
    write,
    keep(shards, written) {
      const before = kept;
      kept = new Map(shards.map((shard) => [shard.name, shard]));
      for (const key of stored.keys()) {
        const { name } = parseKey(key);
        look(name, named.has(name));
      }
      // What was just written the reflector need not have seen yet, unless it has seen it go.
      const isNew = new Set(written.map(({ name }) => name));
      for (const name of kept.keys()) if (vanished.has(name) || !(before.has(name) || isNew.has(name))) look(name);
      vanished.clear();
      for (const [name, version] of versions) {
        if (kept.has(name)) continue;
        versions.delete(name);
        if (named.has(name) && stored.get(keyOf({ namespace, name })) === undefined) retired.set(name, version);
      }
      named = new Set(kept.keys());
    },
    get damaged() {
      return damagedShards();
    },
    async repair() {
      const shards = damagedShards();
      await write(shards);
      for (const { name } of shards) damaged.delete(name);
    },
    get sweepInMs() {
      let first = Number.POSITIVE_INFINITY;
      for (const due of garbage.values()) first = Math.min(first, due);
      return first - performance.now();
    },
    async sweep() {
      const now = performance.now();
      const due = [...garbage].filter(([, at]) => at <= now);
      const names = due.slice(0, sweepSize).map(([name]) => name);
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
