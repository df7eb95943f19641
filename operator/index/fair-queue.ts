/** Items by id. Groups take turns, so that one with very many keeps no other waiting. */
export type FairQueue<Item> = {
  readonly size: number;
  has(id: string): boolean;
  get(id: string): Item | undefined;
  set(id: string, item: Item): void;
  delete(id: string): boolean;
  clear(): void;
  /** Takes out one item of each group after the other, for as long as they fit, and at least one. */
  take(bounds: TakeBounds): Map<string, Item>;
};

export type TakeBounds = { readonly maxEntries: number; readonly maxLength: number };

type Turn = { readonly group: string; readonly id: string };

export function createFairQueue<Item>(options: {
  readonly groupOf: (id: string) => string;
  /** Of an item and its id, in whatever `maxLength` counts. */
  readonly lengthOf: (id: string, item: Item) => number;
  /** Whether it comes before the others of its group. */
  readonly isFirst: (item: Item) => boolean;
}): FairQueue<Item> {
  const { groupOf, lengthOf, isFirst } = options;
  const groups = new Map<string, Map<string, Item>>();
  let size = 0;

  function remove(group: string, id: string): boolean {
    const items = groups.get(group);
    if (items?.delete(id) !== true) return false;
    size -= 1;
    if (items.size === 0) groups.delete(group);
    return true;
  }

  function* inOrder(items: ReadonlyMap<string, Item>): Generator<string> {
    for (const [id, item] of items) if (isFirst(item)) yield id;
    for (const [id, item] of items) if (!isFirst(item)) yield id;
  }

  function* inTurns(): Generator<Turn> {
    let waiting = [...groups].map(([group, items]) => ({ group, ids: inOrder(items) }));
    while (waiting.length > 0) {
      const still: typeof waiting = [];
      for (const turn of waiting) {
        const next = turn.ids.next();
        if (next.done === true) continue;
        still.push(turn);
        yield { group: turn.group, id: next.value };
      }
      waiting = still;
    }
  }

  const get = (id: string): Item | undefined => groups.get(groupOf(id))?.get(id);
  const has = (id: string): boolean => groups.get(groupOf(id))?.has(id) === true;

  return {
    get size() {
      return size;
    },
    has,
    get,
    set(id, item) {
      const group = groupOf(id);
      const items = groups.get(group) ?? new Map<string, Item>();
      if (!items.has(id)) size += 1;
      items.set(id, item);
      groups.set(group, items);
    },
    delete: (id) => remove(groupOf(id), id),
    clear() {
      groups.clear();
      size = 0;
    },
    take({ maxEntries, maxLength }) {
      const taken = new Map<string, Item>();
      const served = new Set<string>();
      let length = 0;
      for (const { group, id } of inTurns()) {
        const item = groups.get(group)?.get(id) as Item;
        length += lengthOf(id, item);
        if (taken.size > 0 && (taken.size >= maxEntries || length > maxLength)) break;
        taken.set(id, item);
        served.add(group);
        remove(group, id);
      }
      // Whoever was served stands behind all others next time.
      for (const group of served) {
        const items = groups.get(group);
        if (items === undefined) continue;
        groups.delete(group);
        groups.set(group, items);
      }
      return taken;
    },
  };
}
