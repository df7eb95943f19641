import type { IndexEntry } from './entry.ts';
import { memo } from './memo.ts';

/** Larger entries are refused with a condition, so that no object can make a shard that the API server refuses. */
export const maxEntryBytes = 32 * 1024;

/** An entry as it stands in a shard. */
export const serialize = memo((entry: IndexEntry): string => JSON.stringify(entry));

export const sizeOf = (entry: IndexEntry): number => Buffer.byteLength(serialize(entry));
