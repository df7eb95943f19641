import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { GatewayReportSpec } from '../../core/api/gateway-report.ts';
import type { AccessIndex } from '../../core/index/access-index.ts';
import type { Apply } from '../../kubernetes/apply.ts';
import type { Clock } from '../clock.ts';
import type { AccessIndexSource } from '../ports.ts';
import { reportType } from './resource-types.ts';

export type ReportOptions = {
  readonly apply: Apply;
  readonly namespace: string;
  /** The name of our pod, and of the report. */
  readonly pod: string;
  readonly source: Pick<AccessIndexSource, 'current' | 'subscribe'>;
  readonly sessions: () => number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends the reports: who takes on nothing new stands in nobody's way. */
  readonly signal: AbortSignal;
};

/** Without a word for three of them, an operator takes a gateway for gone. */
const intervalMs = 2_000;
/** So that a stream of revisions makes no stream of reports. */
const minIntervalMs = 500;

/**
 * Tells the operator which revision we serve from: whenever that is another one, and as a sign of life. Says nothing
 * before there is a whole index. Resolves when it has ended. Never rejects.
 */
export async function reportToOperator(options: ReportOptions): Promise<void> {
  const { apply, namespace, pod, source, sessions, clock, log, signal } = options;
  let heartbeat = 0;
  let isOutage = false;
  let wake = (): void => {};
  const unsubscribe = source.subscribe(() => wake());

  /** Waits until then, by the steady clock; with `orNews`, no longer than to the next revision. */
  async function pauseUntil(time: number, orNews = false): Promise<void> {
    const waking = new AbortController();
    const onAbort = (): void => waking.abort();
    wake = orNews ? onAbort : () => {};
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    await sleep(Math.max(0, time - clock.steady()), undefined, { signal: waking.signal }).catch(() => {});
    signal.removeEventListener('abort', onAbort);
  }

  async function report({ epoch, revision }: AccessIndex): Promise<boolean> {
    // Above that of the process before us in the same pod, so that a heartbeat that stands still means what it says.
    heartbeat = Math.max(heartbeat + 1, clock.wall());
    const spec: GatewayReportSpec = { epoch, revision, heartbeat, sessions: sessions() };
    try {
      await apply(reportType, { metadata: { namespace, name: pod }, spec }, { signal, deadlineMs: intervalMs });
      if (isOutage) log.info('reports to the operator are written again');
      isOutage = false;
      return true;
    } catch (error) {
      if (!isOutage && !signal.aborted) log.warn({ err: error }, 'the report to the operator cannot be written');
      isOutage = true;
      return false;
    }
  }

  while (!signal.aborted) {
    const startedAt = clock.steady();
    const told = source.current;
    // A failure waits for the next beat, whatever comes meanwhile.
    const silence = told === undefined ? 0 : (await report(told)) ? minIntervalMs : intervalMs;
    await pauseUntil(startedAt + silence);
    if (source.current === told) await pauseUntil(startedAt + intervalMs, true);
  }
  unsubscribe();
}
