import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';

export type HeartbeatOptions = {
  /** Asks the API server which version of the manifest it has; undefined: none. */
  readonly ask: (options: { readonly signal: AbortSignal; readonly deadlineMs: number }) => Promise<string | undefined>;
  /** The version that the watch has brought. */
  readonly delivered: () => string | undefined;
  /** The API server has just said that it has what the watch has brought. */
  readonly onConfirmed: () => void;
  /** The watch is not to be trusted any more. */
  readonly onLost: () => void;
  readonly onBeat: () => void;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly intervalMs: number;
};

export type Heartbeat = {
  /** The watch has brought this version. */
  onDelivered(version: string | undefined): void;
  /** Resolves when it has ended, which only its signal brings about. */
  readonly closed: Promise<void>;
};

const maxMissed = 2;

/**
 * Asks again and again whether the watch keeps up: one that has gone silent looks just like one that has nothing to say.
 * It is given up when it has not brought two beats later what an answer spoke of: under a stream of changes an answer is
 * often a moment ahead of the watch, which is no fault. And it is given up at once when the first answer after an outage
 * speaks of something new. Where nothing has changed meanwhile, it goes on: all gateways would otherwise list everything
 * in the moment in which an API server comes back.
 */
export function startHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { ask, delivered, onConfirmed, onLost, onBeat, clock, log, signal, intervalMs } = options;
  let failures = 0;
  /** What an answer spoke of and the watch has not brought. */
  let awaited: { readonly version: string | undefined; beats: number } | undefined;

  function lose(why: string): void {
    log.warn({ why }, 'the index is listed anew');
    awaited = undefined;
    onLost();
  }

  async function beat(): Promise<void> {
    if (awaited !== undefined) {
      awaited.beats += 1;
      if (awaited.beats >= maxMissed) lose('the watch does not bring what the API server has');
    }
    try {
      const version = await ask({ signal, deadlineMs: intervalMs });
      const wasOutage = failures >= maxMissed;
      failures = 0;
      if (wasOutage) log.info('the API server answers again');
      if (version === delivered()) onConfirmed();
      else if (wasOutage) lose('the index has changed during the outage');
      else awaited ??= { version, beats: 0 };
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      if (failures === maxMissed) log.warn({ err: error }, 'the API server does not answer: the index stays as it is');
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const startedAt = clock.steady();
      await beat();
      onBeat();
      const pause = Math.max(0, startedAt + intervalMs - clock.steady());
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  }

  return {
    onDelivered(version) {
      if (awaited !== undefined && awaited.version === version) awaited = undefined;
    },
    closed: run(),
  };
}
