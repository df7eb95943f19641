import { formatIdentity, type Identity } from '../core/access/identity.ts';

/** Bounds the connections that one person, or one deploy key, holds open. */
export type UserConnections = {
  /**
   * Takes a place for everybody whom a login may be; undefined if none of them has one left. So whoever lists somebody
   * else's public key cannot use up that person's places. Otherwise what gives the places back; repeatable.
   */
  enter(identities: readonly Identity[]): (() => void) | undefined;
};

export function createUserConnections(maxPerUser: number): UserConnections {
  const counts = new Map<string, number>();
  const add = (owner: string, change: 1 | -1): void => {
    const count = (counts.get(owner) ?? 0) + change;
    if (count > 0) counts.set(owner, count);
    else counts.delete(owner);
  };
  return {
    enter(identities) {
      const owners = new Set(identities.map(formatIdentity));
      if ([...owners].every((owner) => (counts.get(owner) ?? 0) >= maxPerUser)) return undefined;
      for (const owner of owners) add(owner, 1);
      let isInside = true;
      return () => {
        if (isInside) for (const owner of owners) add(owner, -1);
        isInside = false;
      };
    },
  };
}
