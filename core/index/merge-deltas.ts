import { buildDeltas, deltaAfter } from './build-shards.ts';
import { compare } from './seniority.ts';
import type { NamedShard } from './shard.ts';
import { overlayOf } from './shard-set.ts';

/**
 * Writes all delta shards again, without what later ones say otherwise: an entry that changes all the time must not fill one
 * after the other while the base is folded. Removals stay, for a base may hold what they take away. `latest`: the newest
 * number so far; the new ones come after it, so that no base passes for one that contains them.
 */
export const mergeDeltas = (deltas: readonly NamedShard[], latest: string): readonly NamedShard[] =>
  buildDeltas([...overlayOf(deltas).values()].sort(compare), deltaAfter(latest));
