import type { Logger } from 'pino';

/** An object of the cluster, as much of it as is kept. */
export type Cached<Value> = {
  /** As `keyOf` makes it. */
  readonly key: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly value: Value;
};

export type StoreChange<Value> =
  | { readonly type: 'Added'; readonly key: string; readonly after: Cached<Value> }
  | { readonly type: 'Changed'; readonly key: string; readonly before: Cached<Value>; readonly after: Cached<Value> }
  | { readonly type: 'Removed'; readonly key: string; readonly before: Cached<Value> };

/** What happened to one object in the cluster. */
export type StoreUpdate<Value> =
  | { readonly type: 'Put'; readonly item: Cached<Value> }
  | { readonly type: 'Remove'; readonly key: string };

/** Where a reflector puts what it sees. */
export type ReflectorSink<Value> = {
  get(key: string): Cached<Value> | undefined;
  /** These are all objects that there are. */
  replace(items: readonly Cached<Value>[]): void;
  update(updates: readonly StoreUpdate<Value>[]): void;
};

/** A copy of the objects of one kind, kept by a reflector. */
export type Store<Value> = ReflectorSink<Value> & {
  readonly size: number;
  keys(): IterableIterator<string>;
  values(): IterableIterator<Cached<Value>>;
  /** The keys that an index of the options files under `name`. */
  byIndex(index: string, name: string): ReadonlySet<string>;
  /** Whether it ever held all objects. */
  readonly isSynced: boolean;
  /** Resolves when it does for the first time. */
  readonly synced: Promise<void>;
  /**
   * Calls `listener` after each update with all that changed in it, never with nothing. An object that was deleted and
   * made anew is `Removed`, then `Added`, also when both went unseen. What a listener throws is logged.
   */
  subscribe(listener: (changes: readonly StoreChange<Value>[]) => void): void;
};

type StoreOptions<Value> = {
  readonly log: Pick<Logger, 'error'>;
  /** Names under which an object shall be found, for each index. */
  readonly indexes?: Readonly<Record<string, (item: Cached<Value>) => readonly string[]>>;
};

const none: ReadonlySet<string> = new Set();

export function createStore<Value>({ log, indexes = {} }: StoreOptions<Value>): Store<Value> {
  const items = new Map<string, Cached<Value>>();
  const filed = new Map(Object.keys(indexes).map((index) => [index, new Map<string, Set<string>>()]));
  const listeners: ((changes: readonly StoreChange<Value>[]) => void)[] = [];
  const { promise: synced, resolve } = Promise.withResolvers<void>();
  let isSynced = false;

  function file(item: Cached<Value>, verb: 'add' | 'delete'): void {
    for (const [index, byName] of filed) {
      for (const name of indexes[index]?.(item) ?? []) {
        const keys = byName.get(name) ?? new Set();
        keys[verb](item.key);
        if (keys.size === 0) byName.delete(name);
        else byName.set(name, keys);
      }
    }
  }

  function remove(key: string, changes: StoreChange<Value>[]): void {
    const before = items.get(key);
    if (before === undefined) return;
    items.delete(key);
    file(before, 'delete');
    changes.push({ type: 'Removed', key, before });
  }

  function put(after: Cached<Value>, changes: StoreChange<Value>[]): void {
    const { key } = after;
    const held = items.get(key);
    if (held?.uid === after.uid && held.resourceVersion === after.resourceVersion) return;
    // Another object of the same name: whatever was granted to the first one ends with it.
    if (held !== undefined && held.uid !== after.uid) remove(key, changes);
    const before = items.get(key);
    if (before !== undefined) file(before, 'delete');
    items.set(key, after);
    file(after, 'add');
    changes.push(before === undefined ? { type: 'Added', key, after } : { type: 'Changed', key, before, after });
  }

  function tell(changes: readonly StoreChange<Value>[]): void {
    if (changes.length === 0) return;
    for (const listener of listeners) {
      try {
        listener(changes);
      } catch (error) {
        log.error({ err: error, changes: changes.length }, 'a listener of a store failed');
      }
    }
  }

  return {
    get: (key) => items.get(key),
    get size() {
      return items.size;
    },
    keys: () => items.keys(),
    values: () => items.values(),
    byIndex: (index, name) => filed.get(index)?.get(name) ?? none,
    get isSynced() {
      return isSynced;
    },
    synced,
    replace(all) {
      const changes: StoreChange<Value>[] = [];
      const present = new Set(all.map(({ key }) => key));
      // Removals first: whoever reads the changes in their order takes away before it gives.
      for (const key of items.keys()) if (!present.has(key)) remove(key, changes);
      for (const item of all) put(item, changes);
      isSynced = true;
      tell(changes);
      resolve();
    },
    update(updates) {
      const changes: StoreChange<Value>[] = [];
      for (const update of updates) {
        if (update.type === 'Put') put(update.item, changes);
        else remove(update.key, changes);
      }
      tell(changes);
    },
    subscribe: (listener) => void listeners.push(listener),
  };
}
