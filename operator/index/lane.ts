import type { Logger } from 'pino';
import type { IndexChanges } from '../../core/index/index-changes.ts';
import type { Laying } from '../../core/index/plan-shards.ts';
import type { Pace } from './pace.ts';
import type { Lane, PendingChanges } from './pending-changes.ts';
import type { RecentRevisions } from './recent-revisions.ts';
import { RefusedError } from './shard-keeper.ts';

/** Of one batch in characters, so that a revocation waits for no more than that. */
const maxBatchLength = 2 ** 20;

type LaneOptions = {
  readonly lane: Lane;
  readonly pace: Pace;
  /** Gives the revision; undefined: an earlier attempt turned out to be published, and this one is not. */
  readonly publish: (changes: IndexChanges, laying: Laying) => Promise<number | undefined>;
  /** How a batch is to be laid down. `isDoubted`: one like it failed. */
  readonly layingOf: (isDoubted: boolean) => Laying;
  /** A plan that writes base shards again has failed. */
  readonly onFoldFailed: () => void;
  readonly onWithheld: () => void;
  readonly pending: PendingChanges;
  readonly recent: RecentRevisions;
  readonly log: Logger;
};

/**
 * Publishes what is next in one lane. Gives whether it could; false: the rest is to be tried at once, in smaller batches.
 *
 * What the API server refuses is halved until the entry that it refuses stands alone. In its place its removal is
 * published: so a change that would take something from somebody takes all, and if that is refused too, the entry is not
 * at fault. From then on the entry is tried again by itself, and holds up nothing.
 */
export function createLane(options: LaneOptions): () => Promise<boolean> {
  const { lane, pace, publish, layingOf, onFoldFailed, onWithheld, pending, recent, log } = options;

  return async () => {
    const maxEntries = lane === 'Withheld' ? 1 : pace.maxEntries;
    const isDoubted = Number.isFinite(maxEntries);
    const laying = layingOf(isDoubted);
    const changes = pending.take(lane, { maxEntries, maxLength: maxBatchLength });
    const ids = [...changes.set.keys(), ...changes.removed];
    recent.begin(ids);
    let returnTo = lane;
    let revision: number | undefined;
    try {
      revision = await publish(changes, laying);
      return revision !== undefined;
    } catch (error) {
      if (typeof laying !== 'string') onFoldFailed();
      pace.shrink(ids.length);
      if (!(error instanceof RefusedError)) throw error;
      if (ids.length > 1 || !isDoubted) return false;
      const [id] = changes.set.keys();
      if (id === undefined || lane === 'Withheld') throw error;
      if ((await publish({ set: new Map(), removed: new Set([id]) }, laying)) === undefined) return false;
      returnTo = 'Withheld';
      log.error({ id, err: error }, 'the API server refuses an entry: the index is without it');
      onWithheld();
      return true;
    } finally {
      // In one turn: an entry is on its way, or waits, or is published.
      if (revision === undefined) {
        pending.restore(returnTo, changes);
        recent.fail(ids);
      } else recent.succeed(changes, revision);
    }
  };
}
