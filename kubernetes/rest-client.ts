import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, ConnectionFault, parseApiError } from './api-error.ts';
import { backOffMs } from './back-off.ts';
import type { ClusterConnection, HttpRequest, HttpResponse } from './connection.ts';
import { lateAnswer, withDeadline } from './deadline.ts';
import type { ClientMetrics } from './metrics.ts';
import { readBody } from './read-body.ts';

export type RestRequest = Omit<HttpRequest, 'signal'>;

export type CallOptions = {
  readonly signal?: AbortSignal;
  /** For all attempts together, from the call to the last byte of the answer. */
  readonly deadlineMs?: number;
};

/** Requests that are tried again where that is safe, each within a deadline. */
export type RestClient = {
  /** The parsed body of a good answer. Rejects with an `ApiError` or a `ConnectionFault`, or as the signal says. */
  json(request: RestRequest, options?: CallOptions): Promise<unknown>;
  /**
   * One attempt, for who has to know of each that failed: a good answer whose body goes on for as long as `signal` lets it.
   * The deadline is that of its headers.
   */
  stream(request: RestRequest, options: CallOptions & { readonly signal: AbortSignal }): Promise<HttpResponse>;
};

const defaultDeadlineMs = 10_000;
export const maxBodyBytes = 16 * 2 ** 20;
const maxErrorBodyBytes = 64 * 2 ** 10;
/** client-go's. The deadline mostly comes first. */
const maxRetries = 10;
const retryPauses = { firstMs: 50, maxMs: 2_000 };
const defaultRetryAfterMs = 1_000;

export function createRestClient(connection: ClusterConnection, metrics?: ClientMetrics): RestClient {
  const { host } = connection;

  /** One attempt, up to the headers of a good answer. */
  async function attempt(request: RestRequest, signal: AbortSignal): Promise<HttpResponse> {
    const startedAt = performance.now();
    let code = '<error>';
    try {
      const response = await connection.send({ ...request, signal });
      code = String(response.status);
      if (response.status >= 200 && response.status < 300) return response;
      // A page of a proxy may be of any length: the status counts.
      const body = await readBody(response.body, maxErrorBodyBytes, signal).catch(() => '');
      signal.throwIfAborted();
      throw parseApiError(response.status, body, response.header('retry-after'));
    } finally {
      metrics?.onAttempt({ method: request.method, host, code, seconds: (performance.now() - startedAt) / 1_000 });
    }
  }

  /** Attempts until one succeeds with `use`, for as long as the answers and the deadline let us. */
  async function persist<Value>(
    request: RestRequest,
    { signal: outer, deadlineMs = defaultDeadlineMs }: CallOptions,
    use: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    const deadline = performance.now() + deadlineMs;
    return withDeadline(deadlineMs, outer, async (signal) => {
      for (let retries = 0; ; retries++) {
        try {
          return await use(signal);
        } catch (error) {
          signal.throwIfAborted();
          const pause = retries < maxRetries ? pauseBeforeRetry(request, error, retries) : undefined;
          // Whoever waits longer than the caller would answer nobody; the error says more than "timeout".
          if (pause === undefined || performance.now() + pause > deadline) throw error;
          if (error instanceof ApiError && error.status === 401) connection.forgetCredentials();
          await sleep(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
          const code = error instanceof ApiError ? String(error.status) : '<error>';
          metrics?.onRetry({ method: request.method, host, code });
        }
      }
    });
  }

  return {
    json: (request, options = {}) =>
      persist(request, options, async (signal) => {
        const { body } = await attempt(request, signal);
        const text = await readBody(body, maxBodyBytes, signal);
        try {
          return JSON.parse(text) as unknown;
        } catch (cause) {
          throw new ConnectionFault('Malformed', 'the answer is not JSON', { cause });
        }
      }),
    async stream(request, { signal, deadlineMs = defaultDeadlineMs }) {
      signal.throwIfAborted();
      // From the headers on, the caller's signal alone holds the stream.
      const ending = new AbortController();
      const onAbort = (): void => ending.abort(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      const release = (): void => signal.removeEventListener('abort', onAbort);
      const timer = setTimeout(() => ending.abort(lateAnswer(deadlineMs)), deadlineMs);
      try {
        const response = await attempt(request, ending.signal);
        response.body.once('close', release);
        return response;
      } catch (error) {
        release();
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** Milliseconds, or undefined where another attempt would be useless or could do something twice. */
function pauseBeforeRetry({ method }: RestRequest, error: unknown, retries: number): number | undefined {
  if (error instanceof ApiError) {
    // Once: a token that was replaced on disk a moment ago.
    if (error.status === 401) return retries === 0 ? 0 : undefined;
    // Refused before it was worked on, as client-go has it: also for a POST.
    const isRefused = error.status === 429 || (error.status >= 500 && error.retryAfterMs !== undefined);
    const mayBeRepeated = error.status === 503 && method !== 'POST';
    if (!isRefused && !mayBeRepeated) return undefined;
    // All who were refused together must not come back together.
    return (error.retryAfterMs ?? defaultRetryAfterMs) * (1 + Math.random() / 10);
  }
  if (!(error instanceof ConnectionFault)) return undefined;
  const mayHaveHappened = error.sent && method === 'POST';
  return error.code === 'Unreachable' && !mayHaveHappened ? backOffMs(retries, retryPauses) : undefined;
}
