import { backOffMs } from '../../kubernetes/back-off.ts';

/**
 * How one kind of work goes on after it failed: after a pause, which holds up no other kind, and with smaller batches, so
 * that what cannot be published stands alone in the end.
 */
export type Pace = {
  /** Milliseconds until it may be tried; 0: now. */
  readonly inMs: number;
  /** Of a batch: as many as there are, until one failed. */
  readonly maxEntries: number;
  succeeded(): void;
  /** Of a batch of so many entries that failed, half is tried next. */
  shrink(entries: number): void;
  failed(): void;
  /** Ends the pause for one attempt. It lasts as long as the shortest, for this may be called in any number. */
  hurry(): void;
};

/** Batches double with each success, up to this, from which on they are as large as they come. */
const mostEntries = 2 ** 14;

export function createPace(pauses: { readonly firstMs: number; readonly maxMs: number }): Pace {
  let failures = 0;
  let failedAt = Number.NEGATIVE_INFINITY;
  let retryAt = Number.NEGATIVE_INFINITY;
  let maxEntries = Number.POSITIVE_INFINITY;

  return {
    get inMs() {
      return Math.max(0, retryAt - performance.now());
    },
    get maxEntries() {
      return maxEntries;
    },
    succeeded() {
      failures = 0;
      maxEntries = maxEntries * 2 > mostEntries ? Number.POSITIVE_INFINITY : maxEntries * 2;
    },
    shrink(entries) {
      maxEntries = Math.max(1, Math.floor(Math.min(entries, maxEntries) / 2));
    },
    failed() {
      failedAt = performance.now();
      retryAt = failedAt + backOffMs(failures++, pauses);
    },
    hurry() {
      retryAt = Math.min(retryAt, failedAt + pauses.firstMs);
    },
  };
}
