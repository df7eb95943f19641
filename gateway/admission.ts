import { isInRanges } from '../core/access/source-range.ts';

/** Why a TCP connection was closed before a word was said. */
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
  enter(address: string): Place | ConnectionRefusal;
  readonly connections: number;
  readonly pending: number;
};

/**
 * Counts connections, so that those who never log in cannot keep out those who do. IPv6 clients are counted by their
 * /64, since whoever has one address of it has them all.
 */
export function createAdmission(limits: AdmissionLimits): Admission {
  const pendingByOrigin = new Map<string, number>();
  let connections = 0;
  let pending = 0;

  const release = (origin: string | undefined): void => {
    pending--;
    if (origin === undefined) return;
    const left = (pendingByOrigin.get(origin) ?? 0) - 1;
    if (left > 0) pendingByOrigin.set(origin, left);
    else pendingByOrigin.delete(origin);
  };

  return {
    get connections() {
      return connections;
    },
    get pending() {
      return pending;
    },
    enter(address) {
      const origin = isInRanges(address, limits.exemptRanges) ? undefined : originOf(address);
      const fromOrigin = origin === undefined ? 0 : (pendingByOrigin.get(origin) ?? 0);
      if (connections >= limits.maxConnections) return 'TooManyConnections';
      if (pending >= limits.maxPending) return 'TooManyPending';
      if (fromOrigin >= limits.maxPendingPerAddress) return 'TooManyPendingFromAddress';
      connections++;
      pending++;
      if (origin !== undefined) pendingByOrigin.set(origin, fromOrigin + 1);
      let isPending = true;
      let isPresent = true;
      const stopPending = (): void => {
        if (isPending) release(origin);
        isPending = false;
      };
      return {
        loggedIn: stopPending,
        leave() {
          stopPending();
          if (isPresent) connections--;
          isPresent = false;
        },
      };
    },
  };
}

/** An IPv4 address, or the first four groups of an IPv6 address as Node prints it. */
function originOf(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail === undefined) return groups.slice(0, 4).join(':');
  const after = tail === '' ? [] : tail.split(':');
  const zeros = Array<string>(Math.max(0, 8 - groups.length - after.length)).fill('0');
  return [...groups, ...zeros, ...after].slice(0, 4).join(':');
}
