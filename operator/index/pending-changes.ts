import type { CompiledChanges } from '../../core/index/compiler.ts';
import type { IndexChanges } from '../../core/index/index-changes.ts';

/**
 * What is compiled and not yet published, in two lanes: entries that gateways know and that change or go, which may take
 * something from somebody, and entries that are new to them, which cannot. So a revocation waits for no import. Entries
 * stand for themselves: any part of the changes, published before the others, makes an index in which nobody may more
 * than was declared.
 */
export type PendingChanges = {
  add(changes: CompiledChanges): void;
  /** All that may revoke. */
  takeRevocations(): IndexChanges;
  /** New entries of at most so many characters, and at least one. */
  takeAdditions(maxLength: number): IndexChanges;
  /** Puts back what could not be published, unless it has changed again meanwhile. */
  restore(changes: IndexChanges): void;
  /** For when all that was compiled is about to be published at once. */
  clear(): void;
  has(id: string): boolean;
  readonly revocations: number;
  readonly additions: number;
};

const nothing: ReadonlySet<string> = new Set();

export function createPendingChanges(): PendingChanges {
  /** By id, the line; undefined: it goes. */
  let revocations = new Map<string, string | undefined>();
  const additions = new Map<string, string>();

  return {
    add({ set, added, removed }) {
      for (const id of removed) {
        // Nobody has heard of it yet.
        if (!additions.delete(id)) revocations.set(id, undefined);
      }
      for (const [id, line] of set) {
        // An entry that went and came back is one that changed.
        const isNew = additions.has(id) || (added.has(id) && !revocations.has(id));
        if (isNew) additions.set(id, line);
        else revocations.set(id, line);
      }
    },
    takeRevocations() {
      const set = new Map<string, string>();
      const removed = new Set<string>();
      for (const [id, line] of revocations) {
        if (line === undefined) removed.add(id);
        else set.set(id, line);
      }
      revocations = new Map();
      return { set, removed };
    },
    takeAdditions(maxLength) {
      const set = new Map<string, string>();
      let length = 0;
      for (const [id, line] of additions) {
        length += line.length;
        if (length > maxLength && set.size > 0) break;
        set.set(id, line);
        additions.delete(id);
      }
      return { set, removed: nothing };
    },
    restore({ set, removed }) {
      // The attempt may have got through after all: they may be known to gateways.
      for (const id of removed) {
        const newer = additions.get(id);
        additions.delete(id);
        if (!revocations.has(id)) revocations.set(id, newer);
      }
      for (const [id, line] of set) {
        const newer = additions.get(id);
        additions.delete(id);
        if (!revocations.has(id)) revocations.set(id, newer ?? line);
      }
    },
    clear() {
      revocations = new Map();
      additions.clear();
    },
    has: (id) => revocations.has(id) || additions.has(id),
    get revocations() {
      return revocations.size;
    },
    get additions() {
      return additions.size;
    },
  };
}
