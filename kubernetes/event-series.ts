import { randomBytes } from 'node:crypto';
import type { RecordedEvent } from './recorded-event.ts';
import { createTokenBucket, type TokenBucket } from './token-bucket.ts';

/** An event and its repetitions. Times are in milliseconds since 1970. */
export type EventSeries = {
  readonly event: RecordedEvent;
  /** Of the Event object. */
  readonly name: string;
  readonly firstAt: number;
  lastAt: number;
  count: number;
  /** How many the API server knows of; 0: there is no object yet. */
  writtenCount: number;
};

export type EventSeriesCache = {
  get(key: string): EventSeries | undefined;
  /** Counts an event. Undefined: there were too many different ones of its object. */
  count(key: string, event: RecordedEvent, now: number): EventSeries | undefined;
};

/** client-go's: whatever happens later begins a new series. */
const maxIdleMs = 6 * 60_000;
/** client-go's: different events of one object. */
const objectLimit = { perSecond: 1 / 300, burst: 25 };
const maxEntries = 4_096;
/** A name may have 253 characters; the rest is for what makes it unique. */
const maxNameLength = 220;

/** Remembers what was told lately, in bounded room: the least recent is forgotten first. */
export function createEventSeries(): EventSeriesCache {
  const series = new Map<string, EventSeries>();
  const buckets = new Map<string, TokenBucket>();

  function mayBegin({ uid }: RecordedEvent['regarding']): boolean {
    const bucket = buckets.get(uid) ?? createTokenBucket(objectLimit);
    touch(buckets, uid, bucket);
    return bucket.take() === 0;
  }

  return {
    get: (key) => series.get(key),
    count(key, event, now) {
      const known = series.get(key);
      if (known !== undefined && now - known.lastAt < maxIdleMs) {
        known.lastAt = now;
        known.count += 1;
        touch(series, key, known);
        return known;
      }
      if (!mayBegin(event.regarding)) return undefined;
      // No part of a name may end with "-" or ".".
      const prefix = event.regarding.name.slice(0, maxNameLength).replace(/[-.]+$/, '');
      const name = `${prefix}.${randomBytes(8).toString('hex')}`;
      const begun = { event, name, firstAt: now, lastAt: now, count: 1, writtenCount: 0 };
      touch(series, key, begun);
      return begun;
    },
  };
}

/** Makes an entry the most recent one, and forgets the least recent where there are too many. */
function touch<Value>(entries: Map<string, Value>, key: string, value: Value): void {
  entries.delete(key);
  entries.set(key, value);
  if (entries.size <= maxEntries) return;
  for (const oldest of entries.keys()) {
    entries.delete(oldest);
    return;
  }
}
