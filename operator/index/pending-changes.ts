import type { EntryChanges, IndexChanges } from '../../core/index/index-changes.ts';
import { createFairQueue, type TakeBounds } from './fair-queue.ts';

/**
 * What is compiled and not yet published, in two lanes: entries that gateways know and that change or go, which may take
 * something from somebody, and entries that are new to them, which cannot. So a revocation waits for no import; and
 * namespaces take turns in both, so that it waits for no other tenant's thousands either. Entries stand for themselves:
 * each is as somebody declared it. Of two objects, though, the later change may be published before the earlier one
 * (docs/decisions/revocations-have-a-lane.md).
 */
export type PendingChanges = {
  add(changes: EntryChanges): void;
  /** Takes out what is next in a lane; of each namespace what goes before what changes. */
  take(lane: Lane, bounds: TakeBounds): IndexChanges;
  /** Puts back what could not be published, unless it has changed again meanwhile. */
  restore(lane: Lane, changes: IndexChanges): void;
  /** For when all that was compiled is about to be published at once. */
  clear(): void;
  has(id: string): boolean;
  readonly revocations: number;
  readonly additions: number;
  /** Entries that the API server will not store, and that the index is without. */
  readonly withheld: number;
};

/** `Withheld`: new entries which nobody will store, to be tried again one by one. They get there by `restore`. */
export type Lane = 'Revocations' | 'Additions' | 'Withheld';

type Addition = {
  readonly line: string;
  /** An attempt to publish it failed, and may have got through after all: its end is a revocation. */
  readonly mayBeKnown: boolean;
};

export function createPendingChanges(): PendingChanges {
  /** The line; undefined: it goes. */
  const revocations = createFairQueue<string | undefined>({
    groupOf: namespaceOf,
    lengthOf: (id, line) => line?.length ?? id.length,
    isFirst: (line) => line === undefined,
  });
  const createAdditions = () =>
    createFairQueue<Addition>({ groupOf: namespaceOf, lengthOf: (_, { line }) => line.length, isFirst: () => true });
  const additions = createAdditions();
  const withheld = createAdditions();

  /** Takes an entry from among those that are new. Whether a gateway may know it; undefined: it was not there. */
  function dropNew(id: string): boolean | undefined {
    const { mayBeKnown } = additions.get(id) ?? withheld.get(id) ?? {};
    additions.delete(id);
    withheld.delete(id);
    return mayBeKnown;
  }

  return {
    add({ set, added, removed }) {
      // What nobody has heard of goes unheard of.
      for (const id of removed) if (dropNew(id) !== false) revocations.set(id, undefined);
      for (const [id, line] of set) {
        const mayBeKnown = dropNew(id);
        // An entry that went and came back is one that changed.
        const isNew = mayBeKnown === false || (mayBeKnown === undefined && added.has(id) && !revocations.has(id));
        if (isNew) additions.set(id, { line, mayBeKnown: false });
        else revocations.set(id, line);
      }
    },
    take(lane, bounds) {
      const set = new Map<string, string>();
      const removed = new Set<string>();
      if (lane === 'Revocations') {
        for (const [id, line] of revocations.take(bounds)) {
          if (line === undefined) removed.add(id);
          else set.set(id, line);
        }
      } else {
        const from = lane === 'Additions' ? additions : withheld;
        for (const [id, { line }] of from.take(bounds)) set.set(id, line);
      }
      return { set, removed };
    },
    restore(lane, { set, removed }) {
      const back = [...[...removed].map((id) => [id, undefined] as const), ...set];
      for (const [id, line] of back) {
        if (revocations.has(id)) continue;
        const newer = additions.get(id)?.line;
        dropNew(id);
        const latest = newer ?? line;
        if (lane === 'Revocations' || latest === undefined) revocations.set(id, latest);
        else (lane === 'Additions' ? additions : withheld).set(id, { line: latest, mayBeKnown: true });
      }
    },
    clear() {
      for (const queue of [revocations, additions, withheld]) queue.clear();
    },
    has: (id) => revocations.has(id) || additions.has(id) || withheld.has(id),
    get revocations() {
      return revocations.size;
    },
    get additions() {
      return additions.size;
    },
    get withheld() {
      return withheld.size;
    },
  };
}

/**
 * Of an entry's id (`core/index/entry.ts`): `key/HASH/NAMESPACE`, `user/NAMESPACE/NAME`. A path begins with its namespace,
 * or with a prefix that the administrator gave it, which then has a turn of its own.
 */
const namespaceOf = (id: string): string =>
  id.startsWith('key/') ? id.slice(id.lastIndexOf('/') + 1) : (id.split('/', 2)[1] ?? '');
