import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ApiClient } from './api-client.ts';
import { isAlreadyExists, isConflict } from './api-error.ts';
import { holdLeadership, type Leadership } from './leadership.ts';
import { createLeaseFile, type HeldLease, type LeaseTiming } from './lease-file.ts';
import { mayTakeLease, type Observation, parseLease } from './lease-record.ts';
import type { ObjectName } from './resource-type.ts';

type LeaderElectionOptions = {
  readonly client: ApiClient;
  readonly lease: ObjectName;
  /** Of this process alone, such as the pod's name with something random. */
  readonly identity: string;
  readonly log: Logger;
  /** Ends the waiting for leadership. */
  readonly signal: AbortSignal;
  readonly timing?: LeaseTiming;
};

/** client-go's. */
const defaultTiming: LeaseTiming = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };
/** client-go's: those who wait ask at different times. */
const jitter = 1.2;

/**
 * Waits until this process leads, after client-go's leader election. Undefined: the signal was aborted before. Faults of
 * the API server are logged, and tried again.
 */
export async function acquireLeadership(options: LeaderElectionOptions): Promise<Leadership | undefined> {
  const { client, lease, identity, signal, timing = defaultTiming } = options;
  const log = options.log.child({ lease: lease.name, identity });
  const file = createLeaseFile({ client, lease, identity, timing });
  let observation: Observation | undefined;

  /** Undefined: somebody else leads. */
  async function tryAcquire(): Promise<HeldLease | undefined> {
    const found = await file.read();
    if (found === undefined) return file.create();
    const { resourceVersion } = found.metadata;
    if (observation?.resourceVersion !== resourceVersion) observation = { resourceVersion, at: performance.now() };
    const mayTake = mayTakeLease(parseLease(found), observation, { identity, now: performance.now() });
    return mayTake ? file.renew(found) : undefined;
  }

  while (!signal.aborted) {
    try {
      const held = await tryAcquire();
      if (held !== undefined) return holdLeadership({ file, held, timing, log });
    } catch (error) {
      const wasQuicker = isConflict(error) || isAlreadyExists(error);
      if (!wasQuicker) log.warn({ err: error }, 'leader election: cannot take the lease');
    }
    await sleep(timing.retryMs * (1 + Math.random() * jitter), undefined, { signal }).catch(() => {});
  }
  return undefined;
}
