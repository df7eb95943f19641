import { earliestExpiry } from '../core/index/candidates.ts';
import type { Identify, VerifiedKey } from './authentication.ts';
import type { Transfer } from './forward.ts';
import type { AccessIndexSource } from './ports.ts';
import { whyRevoked } from './revocation.ts';
import type { Route } from './route.ts';
import { overrun, type SessionLimits } from './session-limits.ts';
import type { Terminable } from './watch-list.ts';

type WatchedSession = Pick<Terminable, 'terminate' | 'fail'> & {
  readonly source: AccessIndexSource;
  readonly identify: Identify;
  readonly key: VerifiedKey;
  readonly route: Route;
  readonly limits: SessionLimits;
  /** By the steady clock. */
  readonly startedAt: number;
  /** Undefined before the link is open. */
  readonly transfer: () => Transfer | undefined;
};

/** Ends a session when it would not be let in any more, or when it has overrun a limit. */
export function createWatchedSession(options: WatchedSession): Terminable {
  const { source, identify, key, route, limits, startedAt, transfer, terminate, fail } = options;
  let lastActive = startedAt;
  let expiresAt = route.candidate.expiresAt ?? Number.POSITIVE_INFINITY;
  const recheck = (): void => {
    const candidates = identify(key);
    const why = source.current && whyRevoked(route, candidates, source.current);
    if (why !== undefined) terminate('Revoked', why);
    else if (candidates.ok) expiresAt = earliestExpiry(candidates.value);
  };
  return {
    terminate,
    fail,
    recheck,
    tick(clock) {
      const now = clock.steady();
      // Before the link is open a session waits for us, not for its client.
      const running = transfer();
      if (running?.wasActive() !== false) lastActive = now;
      const hasAsked = running?.hasAsked ?? false;
      const progress = { verb: route.verb, duration: now - startedAt, idle: now - lastActive, hasAsked };
      const limit = overrun(limits, progress);
      if (clock.wall() >= expiresAt) recheck();
      if (limit !== undefined) terminate(limit.termination, limit.why);
    },
  };
}
