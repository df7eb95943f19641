/** Bytes by which the channels of one connection may widen their windows, all together. */
export type WindowBudget = {
  /** Grants at most `wanted` bytes. */
  reserve(wanted: number): number;
  release(bytes: number): void;
};

export function createWindowBudget(total: number): WindowBudget {
  let left = total;
  return {
    reserve: (wanted) => {
      const granted = Math.min(wanted, left);
      left -= granted;
      return granted;
    },
    release: (bytes) => {
      left += bytes;
    },
  };
}

/** What the client may send on one channel (RFC 4254 §5.2). */
export interface ReceiveWindow {
  /** Counts bytes that came; `false` if the client had no right to send so many. */
  take(bytes: number): boolean;
  /** Counts bytes that were passed on. Returns how many the client may now be told of: often 0, to save messages. */
  passOn(bytes: number): number;
  /** Gives the budget back. */
  close(): void;
}

/**
 * A window that starts with `initial` bytes and doubles whenever half of it was used and passed on: a long fat network
 * needs megabytes, and a channel whose reader has stalled never gets more than it had.
 * @param maximum bytes, never exceeded whatever the budget holds.
 */
export function createReceiveWindow(budget: WindowBudget, initial: number, maximum: number): ReceiveWindow {
  let size = initial;
  let open = initial;
  let passedOn = 0;
  return {
    take: (bytes) => {
      if (bytes > open) return false;
      open -= bytes;
      return true;
    },
    passOn: (bytes) => {
      passedOn += bytes;
      if (passedOn < size / 2) return 0;
      const growth = budget.reserve(Math.min(size, maximum - size));
      const announced = passedOn + growth;
      size += growth;
      open += announced;
      passedOn = 0;
      return announced;
    },
    close: () => {
      budget.release(size - initial);
      size = initial;
    },
  };
}
