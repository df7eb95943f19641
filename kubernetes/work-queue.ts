import { backOffMs } from './back-off.ts';
import { createPriorityLanes } from './priority-lanes.ts';
import { createTokenBucket, type RateLimit } from './token-bucket.ts';
import type { QueueObserver } from './work-queue-metrics.ts';

export type AddOptions = {
  /** A higher one overtakes; 0 unless told. */
  readonly priority?: number;
  /** Not before so many milliseconds have passed. */
  readonly afterMs?: number;
};

/** A key that a worker has; nobody else gets it before `done`. */
export type WorkItem = {
  readonly key: string;
  readonly priority: number;
  /** Must be called once, however the work went. */
  done(): void;
};

/**
 * Keys to be worked on, after client-go's work queue: a key that is added many times is worked on once; one that is added
 * while a worker has it is worked on once more, afterwards.
 */
export type WorkQueue = {
  /** False: the queue is full or was shut down. A key that waits already is never refused. */
  add(key: string, options?: AddOptions): boolean;
  /** After a failure: adds it after a pause that doubles each time, from 1 s to 5 min. */
  addRateLimited(key: string, options?: Pick<AddOptions, 'priority'>): boolean;
  /** After a success: its next failure begins with the shortest pause again. */
  forget(key: string): void;
  /** How often it failed in a row. */
  failures(key: string): number;
  /** The next key, as soon as there is one and the rate limit lets it through. Undefined: the queue was shut down. */
  next(): Promise<WorkItem | undefined>;
  /** Hands out nothing more. Resolves when all that was handed out is done. Repeatable. */
  shutDown(): Promise<void>;
  /** Keys that are ready to be handed out. */
  readonly depth: number;
};

type WorkQueueOptions = {
  /** Of all keys handed out. client-go limits retries alone, which lets a flood of first attempts through. */
  readonly rateLimit?: RateLimit;
  readonly maxLength?: number;
  /** Of a key: those of one priority have their turns. Unless told, all are of one tenant. */
  readonly tenantOf?: (key: string) => string;
  readonly observer?: QueueObserver;
  readonly backOff?: { readonly firstMs: number; readonly maxMs: number };
};

const defaultBackOff = { firstMs: 1_000, maxMs: 300_000 };
const defaultMaxLength = 1_000_000;

export function createWorkQueue(options: WorkQueueOptions = {}): WorkQueue {
  const { rateLimit, maxLength = defaultMaxLength, observer, backOff = defaultBackOff } = options;
  const ready = createPriorityLanes(options.tenantOf);
  const delayed = new Map<string, { readonly timer: NodeJS.Timeout; readonly at: number; readonly priority: number }>();
  const running = new Map<string, { again: number | undefined }>();
  const failed = new Map<string, number>();
  const bucket = rateLimit === undefined ? undefined : createTokenBucket(rateLimit);
  const waiting: ((item: WorkItem | undefined) => void)[] = [];
  let limitTimer: NodeJS.Timeout | undefined;
  let isShutDown = false;
  const { promise: drained, resolve: onDrained } = Promise.withResolvers<void>();

  function makeReady(key: string, priority: number): void {
    const task = running.get(key);
    if (task !== undefined) task.again = Math.max(priority, task.again ?? priority);
    else if (ready.add(key, priority)) observer?.onReady(key);
    handOut();
  }

  function delay(key: string, afterMs: number, priority: number): void {
    const before = delayed.get(key);
    cancelDelay(key);
    const now = performance.now();
    const highest = Math.max(priority, before?.priority ?? priority);
    const earliest = Math.min(now + afterMs, before?.at ?? Number.POSITIVE_INFINITY);
    const timer = setTimeout(() => {
      delayed.delete(key);
      makeReady(key, highest);
    }, earliest - now);
    delayed.set(key, { timer, at: earliest, priority: highest });
  }

  function cancelDelay(key: string): void {
    clearTimeout(delayed.get(key)?.timer);
    delayed.delete(key);
  }

  function handOut(): void {
    while (waiting.length > 0 && ready.size > 0 && limitTimer === undefined) {
      const pause = bucket?.take() ?? 0;
      if (pause > 0) {
        limitTimer = setTimeout(() => {
          limitTimer = undefined;
          handOut();
        }, pause);
        return;
      }
      const taken = ready.take();
      const take = waiting.shift();
      if (taken !== undefined) take?.(begin(taken));
    }
  }

  function begin({ key, priority }: { readonly key: string; readonly priority: number }): WorkItem {
    const task: { again: number | undefined } = { again: undefined };
    running.set(key, task);
    observer?.onBegin(key);
    return {
      key,
      priority,
      done() {
        if (running.get(key) !== task) return;
        running.delete(key);
        observer?.onDone(key);
        if (isShutDown) {
          if (running.size === 0) onDrained();
        } else if (task.again !== undefined) makeReady(key, task.again);
      },
    };
  }

  function add(key: string, { priority = 0, afterMs = 0 }: AddOptions = {}): boolean {
    if (isShutDown) return false;
    const isKnown = ready.has(key) || delayed.has(key) || running.has(key);
    if (!isKnown && ready.size + delayed.size + running.size >= maxLength) return false;
    observer?.onAdd();
    if (afterMs > 0) {
      // Whoever waits for a worker already comes sooner.
      if (!ready.has(key)) delay(key, afterMs, priority);
      return true;
    }
    const before = delayed.get(key);
    cancelDelay(key);
    makeReady(key, Math.max(priority, before?.priority ?? priority));
    return true;
  }

  return {
    add,
    addRateLimited(key, { priority = 0 } = {}) {
      const failures = failed.get(key) ?? 0;
      const isAdded = add(key, { priority, afterMs: backOffMs(failures, backOff) });
      if (isAdded) {
        failed.set(key, failures + 1);
        observer?.onRetry();
      }
      return isAdded;
    },
    forget: (key) => void failed.delete(key),
    failures: (key) => failed.get(key) ?? 0,
    next() {
      if (isShutDown) return Promise.resolve(undefined);
      const { promise, resolve } = Promise.withResolvers<WorkItem | undefined>();
      waiting.push(resolve);
      handOut();
      return promise;
    },
    async shutDown() {
      isShutDown = true;
      clearTimeout(limitTimer);
      for (const key of delayed.keys()) cancelDelay(key);
      failed.clear();
      for (const take of waiting.splice(0)) take(undefined);
      if (running.size === 0) onDrained();
      await drained;
    },
    get depth() {
      return ready.size;
    },
  };
}
