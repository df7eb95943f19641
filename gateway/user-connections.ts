import type { Identity } from '../core/access/identity.ts';
import { formatRef } from '../core/api/object-ref.ts';

/** Bounds the connections that one person, or one deploy key, holds open. */
export type UserConnections = {
  /** Undefined: there are too many already. Otherwise what gives the place back; repeatable. */
  enter(identity: Identity): (() => void) | undefined;
};

export function createUserConnections(maxPerUser: number): UserConnections {
  const counts = new Map<string, number>();
  return {
    enter(identity) {
      const owner = identity.kind === 'User' ? `user ${formatRef(identity.user)}` : `key ${formatRef(identity.key)}`;
      const count = counts.get(owner) ?? 0;
      if (count >= maxPerUser) return undefined;
      counts.set(owner, count + 1);
      let isInside = true;
      return () => {
        if (!isInside) return;
        isInside = false;
        const left = (counts.get(owner) ?? 1) - 1;
        if (left > 0) counts.set(owner, left);
        else counts.delete(owner);
      };
    },
  };
}
