import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { isConflict } from './api-error.ts';
import type { HeldLease, LeaseFile, LeaseTiming } from './lease-file.ts';
import { parseLease } from './lease-record.ts';

export type Leadership = {
  /**
   * By the steady clock, at the moment of the question: a process that was stopped knows on waking that its time is over,
   * before any timer runs. To be asked before each write. (A clock that stands still with its machine, as that of a
   * suspended virtual one does, cannot tell: what is written needs a fence of its own, such as a resource version.)
   */
  isLeader(): boolean;
  /** Aborted when leadership is over. */
  readonly lost: AbortSignal;
  /** Gives the Lease back, so that another one can take it at once. Call it when nothing is written any more. Repeatable. */
  release(): Promise<void>;
};

/** Renews a Lease that has just been taken, until it is lost or given back. */
export function holdLeadership({
  file,
  held: first,
  timing,
  log,
}: {
  readonly file: LeaseFile;
  readonly held: HeldLease;
  readonly timing: LeaseTiming;
  readonly log: Logger;
}): Leadership {
  const stop = new AbortController();
  const lost = new AbortController();
  let held = first;
  let released: Promise<void> | undefined;
  const remainingMs = (): number => held.askedAt + timing.renewDeadlineMs - performance.now();
  const isLeader = (): boolean => !lost.signal.aborted && remainingMs() > 0;

  function lose(): void {
    if (lost.signal.aborted) return;
    lost.abort(new Error('leadership is over'));
    log.error('leader election: lost');
  }

  async function renew(): Promise<void> {
    while (isLeader()) {
      await sleep(Math.min(timing.retryMs, remainingMs()), undefined, { signal: stop.signal }).catch(() => {});
      if (stop.signal.aborted) return;
      if (!isLeader()) break;
      try {
        held = await file.renew(held.object);
      } catch (error) {
        log.warn({ err: error }, 'leader election: cannot renew the lease');
        if (isConflict(error) && !(await isStillOurs())) break;
      }
    }
    lose();
  }

  /** After somebody else wrote the Lease, or we ourselves without hearing of it. */
  async function isStillOurs(): Promise<boolean> {
    try {
      const found = await file.read();
      if (found === undefined || parseLease(found).holderIdentity !== file.identity) return false;
      held = { ...held, object: found };
      return true;
    } catch {
      // Time decides.
      return true;
    }
  }

  const renewing = renew();
  // A request may be under way when time is up.
  const watchdog = setInterval(() => !isLeader() && lose(), timing.retryMs / 4);
  watchdog.unref();
  lost.signal.addEventListener('abort', () => clearInterval(watchdog), { once: true });
  log.info({ transitions: parseLease(held.object).leaseTransitions }, 'leader election: leading');

  async function giveBack(): Promise<void> {
    stop.abort();
    await renewing;
    if (!isLeader()) return;
    lost.abort(new Error('leadership was given back'));
    try {
      await file.release(held.object);
    } catch (error) {
      log.warn({ err: error }, 'leader election: cannot give the lease back');
    }
  }

  return {
    isLeader,
    lost: lost.signal,
    release: () => {
      released ??= giveBack();
      return released;
    },
  };
}
