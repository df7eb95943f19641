import type { ShardPlan } from '../../core/index/plan-shards.ts';
import type { ShardSet } from '../../core/index/shard-set.ts';
import type { ManifestWriter } from './manifest-writer.ts';
import type { ShardKeeper } from './shard-keeper.ts';

/** Writes revisions of the index, in such an order that it is whole at every moment. */
export type RevisionWriter = {
  /** What stands in the cluster, as far as we know; undefined: no index. */
  readonly set: ShardSet | undefined;
  /**
   * Carries out a plan that was made for `set`. Gives the revision; undefined: an earlier attempt, whose answer was lost,
   * turned out to have got through, and is `set` now. Rejects with a `RefusedError` for shards that will not be stored.
   */
  write(plan: Pick<ShardPlan, 'writes' | 'next'>): Promise<number | undefined>;
};

export function createRevisionWriter(options: {
  readonly inherited: ShardSet | undefined;
  readonly manifests: ManifestWriter;
  readonly shards: ShardKeeper;
  /** After each revision that was written. */
  readonly onWritten: (set: ShardSet, writes: ShardPlan['writes']) => void;
}): RevisionWriter {
  const { manifests, shards, onWritten } = options;
  let set = options.inherited;
  /** The highest revision that we ever tried to write. */
  let attempted = 0;

  return {
    get set() {
      return set;
    },
    async write({ writes, next }) {
      await shards.write(writes);
      // Each attempt has a number of its own: one whose answer was lost may have been taken up by gateways, and another
      // index must not bear it.
      attempted = Math.max(attempted, next.manifest.revision - 1, manifests.shownRevision) + 1;
      const revision = { ...next, manifest: { ...next.manifest, revision: attempted } };
      const standing = await manifests.write(revision);
      const isThis = standing === revision;
      set = standing;
      shards.keep([...standing.bases, ...standing.deltas], isThis ? writes : []);
      onWritten(standing, isThis ? writes : []);
      return isThis ? attempted : undefined;
    },
  };
}
