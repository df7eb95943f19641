import { ConnectionFault } from './api-error.ts';

export const lateAnswer = (deadlineMs: number): ConnectionFault =>
  new ConnectionFault('Timeout', `no answer within ${deadlineMs} ms`);

/**
 * Runs `task` with a signal that is aborted with `signal`, and after so many milliseconds with a `ConnectionFault`
 * (`Timeout`). Nothing stays behind on `signal`, which may live as long as the process.
 */
export async function withDeadline<Value>(
  deadlineMs: number,
  signal: AbortSignal | undefined,
  task: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal?.reason);
  const timer = setTimeout(() => controller.abort(lateAnswer(deadlineMs)), deadlineMs);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await task(controller.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
