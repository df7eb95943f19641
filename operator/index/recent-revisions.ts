import type { IndexChanges } from '../../core/index/index-changes.ts';

/** In which revision entries were written, for as long as a gateway may not have loaded it. */
export type RecentRevisions = {
  begin(ids: Iterable<string>): void;
  /** Of what is gone nobody asks. */
  succeed(changes: IndexChanges, revision: number): void;
  fail(ids: Iterable<string>): void;
  isBeingWritten(id: string): boolean;
  /** Undefined for an entry that was not written lately. */
  revisionOf(id: string): number | undefined;
  /** Nobody asks any more of entries that were written up to that revision. */
  forget(revision: number): void;
};

export function createRecentRevisions(): RecentRevisions {
  const revisions = new Map<string, number>();
  const writing = new Set<string>();

  return {
    begin(ids) {
      for (const id of ids) writing.add(id);
    },
    succeed({ set, removed }, revision) {
      for (const id of [...set.keys(), ...removed]) {
        writing.delete(id);
        revisions.delete(id);
      }
      // Anew, so that the map stays in the order of revisions.
      for (const id of set.keys()) revisions.set(id, revision);
    },
    fail(ids) {
      for (const id of ids) writing.delete(id);
    },
    isBeingWritten: (id) => writing.has(id),
    revisionOf: (id) => revisions.get(id),
    forget(revision) {
      for (const [id, written] of revisions) {
        if (written > revision) return;
        revisions.delete(id);
      }
    },
  };
}
