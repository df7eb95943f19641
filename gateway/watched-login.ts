import { earliestExpiry } from '../core/index/candidates.ts';
import type { Identify, VerifiedKey } from './authentication.ts';
import type { AttemptRefusal } from './events.ts';
import type { Watched } from './watch-list.ts';

type WatchedLogin = {
  readonly identify: Identify;
  readonly key: VerifiedKey;
  /** Milliseconds that a connection may stay without a session. 0: for ever. */
  readonly idleTimeout: number;
  /** By the steady clock; undefined while a session runs. */
  readonly idleSince: () => number | undefined;
  readonly onRevoked: (refusal: AttemptRefusal) => void;
  readonly onIdle: () => void;
  /** Nobody can tell whether it may stay. */
  readonly onFault: () => void;
};

/** Ends a login when its key stands for nobody any more, or when nothing has run on it for too long. */
export function createWatchedLogin({
  identify,
  key,
  idleTimeout,
  idleSince,
  onRevoked,
  onIdle,
  onFault,
}: WatchedLogin): Watched {
  let expiresAt = Number.NEGATIVE_INFINITY;
  const recheck = (): void => {
    const candidates = identify(key);
    if (candidates.ok) expiresAt = earliestExpiry(candidates.value);
    else onRevoked(candidates.error.reason);
  };
  return {
    recheck,
    tick(clock) {
      if (clock.wall() >= expiresAt) recheck();
      const since = idleSince();
      if (idleTimeout > 0 && since !== undefined && clock.steady() - since >= idleTimeout) onIdle();
    },
    fail: onFault,
  };
}
