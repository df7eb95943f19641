import type { Logger } from 'pino';
import { isConflict } from './api-error.ts';
import type { ControllerMetrics } from './controller-metrics.ts';
import type { WorkItem, WorkQueue } from './work-queue.ts';

/** What a reconcile function asks for after a success. */
export type ReconcileResult = {
  /** To be looked at again after so many milliseconds, such as when a key expires. */
  readonly requeueAfterMs?: number;
};

/** A failure that another attempt cannot mend; it is told of, and the key rests until something changes. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

type ControllerOptions = {
  /** In lower case, as it is in logs and metrics. */
  readonly name: string;
  readonly queue: WorkQueue;
  readonly workers: number;
  /** Looks at the world and not at what happened: it may be called for a key at any time. */
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<ReconcileResult | undefined>;
  readonly log: Logger;
  readonly metrics: ControllerMetrics;
  /** Shuts the queue down; what runs may finish. */
  readonly signal: AbortSignal;
  /** Bounds one call of `reconcile`, whose signal is aborted then. */
  readonly timeoutMs?: number;
};

const defaultTimeoutMs = 60_000;

/**
 * Calls `reconcile` for the keys of a queue, with so many at once, never for one key twice at a time. A failure is tried
 * again after a pause that grows. Resolves when the signal is aborted and the last call is over. Never rejects.
 */
export async function runController(options: ControllerOptions): Promise<void> {
  const { name, queue, workers, reconcile, metrics, signal, timeoutMs = defaultTimeoutMs } = options;
  const log = options.log.child({ controller: name });
  const observer = metrics(name, workers);
  const onAbort = (): void => void queue.shutDown();
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();

  async function work({ key, priority }: WorkItem): Promise<void> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(new Error(`not done within ${timeoutMs} ms`)), timeoutMs);
    const begin = observer.begin();
    try {
      const result = await reconcile(key, timeout.signal);
      queue.forget(key);
      const { requeueAfterMs } = result ?? {};
      if (requeueAfterMs !== undefined) queue.add(key, { afterMs: Math.max(1, requeueAfterMs) });
      begin.end(requeueAfterMs === undefined ? 'success' : 'requeue_after');
    } catch (error) {
      if (error instanceof TerminalError) {
        queue.forget(key);
        begin.end('terminal_error');
        log.error({ err: error, key }, 'reconcile failed, and will not be tried again');
        return;
      }
      begin.end('error');
      queue.addRateLimited(key, { priority });
      // Somebody was quicker: nothing that a person would have to look at.
      if (isConflict(error)) log.debug({ err: error, key }, 'reconcile met a conflict');
      else log.error({ err: error, key, failures: queue.failures(key) }, 'reconcile failed');
    } finally {
      clearTimeout(timer);
    }
  }

  async function runWorker(): Promise<void> {
    for (let item = await queue.next(); item !== undefined; item = await queue.next()) {
      try {
        await work(item);
      } finally {
        item.done();
      }
    }
  }

  try {
    await Promise.all(Array.from({ length: workers }, runWorker));
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
