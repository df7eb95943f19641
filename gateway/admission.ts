import { isInRanges } from '../core/access/source-range.ts';
import { originOf } from './origin.ts';

/** Why a TCP connection was closed before anybody logged in on it. */
export type ConnectionRefusal = 'TooManyConnections' | 'TooManyPending' | 'TooManyPendingFromAddress';

export type AdmissionLimits = {
  /** Connections in all. */
  readonly maxConnections: number;
  /** Connections that have not logged in. */
  readonly maxPending: number;
  readonly maxPendingPerAddress: number;
  /** CIDR ranges, such as a load balancer's, whose addresses stand for many clients: the bound for each does not hold. */
  readonly exemptRanges: readonly string[];
};

/** The place that a connection takes. Both verbs are repeatable. */
export type Place = {
  /** The connection has logged in: it no longer counts as pending. */
  loggedIn(): void;
  /** The connection has gone. */
  leave(): void;
};

export type Admission = {
  /**
   * Takes a place. `giveWay` is called when the connection must make room for another, and shall close it: a flood of
   * connections that never log in then keeps out itself, and not those who come after it.
   */
  enter(address: string, giveWay: () => void): Place | ConnectionRefusal;
  readonly connections: number;
  readonly pending: number;
};

/**
 * Counts connections, so that those who never log in cannot keep out those who do.
 */
export function createAdmission(limits: AdmissionLimits): Admission {
  /** Those that have not logged in, oldest first, by origin. Those of exempt ranges have none. */
  const pendingByOrigin = new Map<string | undefined, Set<() => void>>();
  let connections = 0;
  let pending = 0;

  /** The oldest of the origin that has the most; undefined if no origin has more than one. */
  const findOneToGiveWay = (): (() => void) | undefined => {
    let most: Set<() => void> | undefined;
    for (const [origin, ways] of pendingByOrigin) {
      if (origin !== undefined && ways.size > (most?.size ?? 1)) most = ways;
    }
    return most?.values().next().value;
  };

  return {
    get connections() {
      return connections;
    },
    get pending() {
      return pending;
    },
    enter(address, giveWay) {
      const origin = isInRanges(address, limits.exemptRanges) ? undefined : originOf(address);
      const fromOrigin = pendingByOrigin.get(origin) ?? new Set();
      if (connections >= limits.maxConnections) return 'TooManyConnections';
      if (origin !== undefined && fromOrigin.size >= limits.maxPendingPerAddress) return 'TooManyPendingFromAddress';
      if (pending >= limits.maxPending) {
        findOneToGiveWay()?.();
        if (pending >= limits.maxPending) return 'TooManyPending';
      }
      let isPending = true;
      let isPresent = true;
      const stopPending = (): void => {
        if (!isPending) return;
        isPending = false;
        pending--;
        fromOrigin.delete(way);
        if (fromOrigin.size === 0) pendingByOrigin.delete(origin);
      };
      const place: Place = {
        loggedIn: stopPending,
        leave() {
          stopPending();
          if (isPresent) connections--;
          isPresent = false;
        },
      };
      const way = (): void => {
        place.leave();
        giveWay();
      };
      connections++;
      pending++;
      pendingByOrigin.set(origin, fromOrigin.add(way));
      return place;
    },
  };
}
