/** What makes one revision of the index another. An id is in at most one of both. */
export type IndexChanges = {
  /** By id, the line of an entry that is new or changed. */
  readonly set: ReadonlyMap<string, string>;
  /** Ids of entries that are gone. */
  readonly removed: ReadonlySet<string>;
};

export type EntryChanges = IndexChanges & {
  /** Those of `set` of which there was no entry before: they take nothing from anybody. */
  readonly added: ReadonlySet<string>;
};

/** What leads from one revision to another, given by the lines of all entries. */
export function changesBetween(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): IndexChanges {
  const set = new Map([...after].filter(([id, line]) => before.get(id) !== line));
  const removed = new Set([...before.keys()].filter((id) => !after.has(id)));
  return { set, removed };
}

export const isEmpty = ({ set, removed }: IndexChanges): boolean => set.size === 0 && removed.size === 0;
