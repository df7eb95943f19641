import { type LoadedShards, loadIndex } from '../access-index.ts';
import { entryId, type IndexEntry } from '../entry.ts';
import { encodeEntry } from '../entry-line.ts';
import { changesBetween, type IndexChanges } from '../index-changes.ts';
import { type Laying, planRevision, type ShardLimits } from '../plan-shards.ts';
import { decodeShard, encodeShard, type LoadedShard, type Manifest, maxShardBytes } from '../shard.ts';
import { openShardSet, type ShardSet } from '../shard-set.ts';

export const hash = (number: number): string => number.toString(16).padStart(4, '0').repeat(16);

export const keyEntry = (number: number, namespace: string, padding: number): IndexEntry => ({
  kind: 'Key',
  hash: hash(number),
  namespace,
  listings: [{ name: `k${'x'.repeat(padding)}`, user: 'u', access: 'ReadWrite' }],
});

export type Lines = ReadonlyMap<string, string>;

export const linesOf = (entries: readonly IndexEntry[]): Lines =>
  new Map(entries.map((one) => [entryId(one), encodeEntry(one)]));

/** A store of shards, as an API server or the memory of one process is. */
export class ShardStore {
  readonly texts = new Map<string, string>();
  set: ShardSet | undefined;
  /** Bytes of shards that were written. */
  bytes = 0;

  write(changes: IndexChanges, laying: Laying, epoch = 1): number {
    const plan = planRevision(this.set, changes, epoch, laying);
    if (plan === undefined) return 0;
    for (const shard of plan.writes) {
      this.texts.set(shard.name, encodeShard(shard));
      this.bytes += shard.bytes;
    }
    const named = new Set(plan.next.manifest.shards.map(({ name }) => name));
    for (const name of this.texts.keys()) if (!named.has(name)) this.texts.delete(name);
    this.set = plan.next;
    return plan.writes.length;
  }

  get manifest(): Manifest {
    if (this.set === undefined) throw new Error('nothing was written');
    return this.set.manifest;
  }

  shard(name: string): LoadedShard | undefined {
    const text = this.texts.get(name);
    return text === undefined ? undefined : decodeShard(text);
  }

  load(known?: LoadedShards) {
    const loaded = loadIndex(this.manifest, (name) => this.shard(name), known);
    if (!loaded.ok) throw new Error(loaded.error);
    return loaded.value;
  }

  reopen(): void {
    const opened = openShardSet(this.manifest, (name) => this.shard(name));
    if (!opened.ok) throw new Error(opened.error);
    this.set = opened.value;
  }
}

export const nothing: Lines = new Map();
export const allOf = (lines: Lines): IndexChanges => changesBetween(nothing, lines);
export const common: ShardLimits = { maxDeltas: 3, foldBytes: 2 * maxShardBytes };

export const manyKeys = (count: number): Lines =>
  linesOf(Array.from({ length: count }, (_, n) => keyEntry(n, 'a', 100)));
