/** Lets as many writes run at once as the API server takes without becoming slower for everybody else. */
export type WriteLimit = {
  /** Runs `write` when it may; its outcome is passed on. */
  run<Value>(write: () => Promise<Value>): Promise<Value>;
  /** How many may run at once now. */
  readonly limit: number;
};

type WriteLimitOptions = {
  readonly max: number;
  readonly now?: () => number;
};

/** One for each of two cores, so that statuses never stand still. */
const min = 2;
/** Writes of which the time is judged together. */
const windowSize = 16;
/** A write may take so many times what the quickest took, and so many milliseconds more. */
const tolerance = { factor: 2.5, ms: 10 };
/** So much the quickest is raised with each window: the server may have become slower for good. */
const drift = 1.02;

/**
 * A limit that looks at nothing but the time that writes take, as TCP Vegas does: one more at once while they are about as
 * quick as a single one, a quarter less when they are not. Statuses are what an import makes most of, and nobody's login
 * waits for them: so they get what the index, and the people who write the objects, leave.
 */
export function createWriteLimit({ max, now = () => performance.now() }: WriteLimitOptions): WriteLimit {
  const waiting: (() => void)[] = [];
  const times: number[] = [];
  let quickest = Number.POSITIVE_INFINITY;
  let limit = min;
  let running = 0;

  function judge(ms: number): void {
    times.push(ms);
    if (times.length < windowSize) return;
    times.sort((a, b) => a - b);
    quickest = Math.min(quickest * drift, times[0] ?? ms);
    const median = times[windowSize / 2] ?? ms;
    const isSlow = median > quickest * tolerance.factor + tolerance.ms;
    limit = isSlow ? Math.max(min, Math.floor(limit * 0.75)) : Math.min(max, limit + 1);
    times.length = 0;
  }

  return {
    async run(write) {
      if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
      else running += 1;
      const startedAt = now();
      let isDone = false;
      try {
        const value = await write();
        isDone = true;
        return value;
      } finally {
        const ms = now() - startedAt;
        // What failed at once has never been with the server.
        if (isDone || ms > quickest) judge(ms);
        running -= 1;
        while (running < limit && waiting.length > 0) {
          running += 1;
          waiting.shift()?.();
        }
      }
    },
    get limit() {
      return limit;
    },
  };
}
