import { setTimeout as sleep } from 'node:timers/promises';
import { leads } from '../../test/harness/leads.ts';
import type { LogLine, ServerProcess } from '../../test/harness/server-process.ts';
import { until } from '../../test/harness/wait.ts';

const patienceMs = 900_000;
/** Longer than any status waits for gateways to load what it speaks of. */
const quietMs = 6_000;
const lookEveryMs = 250;

export type Requests = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Requests of a kind that an operator has sent to the API server so far. */
export const requestsOf = (operator: ServerProcess, method: Requests): Promise<number> =>
  operator.metric('rest_client_requests_total', `method="${method}"`);

/** Waits until the operator has published the index of all objects; gives the log line that says so. */
export const untilLeading = (operator: ServerProcess): Promise<LogLine> => leads(operator, patienceMs);

/**
 * Waits until the operator has written at least so many statuses, and nothing is left for it to write. Gives when it wrote
 * the last one, as performance.now() does, and how many there were.
 */
export const untilStatusesWritten = async (
  operator: ServerProcess,
  atLeast: number,
): Promise<{ readonly at: number; readonly patches: number }> => {
  const deadline = performance.now() + patienceMs;
  let patches = 0;
  let at = performance.now();
  while (patches < atLeast || performance.now() - at < quietMs) {
    if (performance.now() > deadline) throw new Error(`only ${patches} of ${atLeast} statuses were written in time`);
    await sleep(lookEveryMs);
    const now = await requestsOf(operator, 'PATCH');
    if (now !== patches) at = performance.now();
    patches = now;
  }
  return { at, patches };
};

/** Waits until the operator leads and has nothing to do any more. */
export const untilSettled = async (operator: ServerProcess): Promise<void> => {
  await untilLeading(operator);
  // To look at objects that need no write takes a while, too.
  await until('nothing waits', async () => (await operator.metric('workqueue_depth')) === 0, patienceMs);
  await untilStatusesWritten(operator, 0);
};
