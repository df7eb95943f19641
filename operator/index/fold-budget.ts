import type { ShardPlan } from '../../core/index/plan-shards.ts';

/** How many bytes of base shards may be written again for folding: so many a second, saved up to a bound. */
export type FoldBudget = {
  available(): number;
  spend(plan: Pick<ShardPlan, 'writes'>): void;
  /** Milliseconds until all that can be saved is saved; 0 if it is. */
  fullIn(): number;
};

const bytesPerSecond = 512 * 1024;
const maxBytes = 2 * bytesPerSecond;

export function createFoldBudget(): FoldBudget {
  let saved = maxBytes;
  let at = performance.now();

  const available = (): number => {
    const now = performance.now();
    saved = Math.min(maxBytes, saved + ((now - at) / 1_000) * bytesPerSecond);
    at = now;
    return Math.floor(saved);
  };

  return {
    available,
    spend({ writes }) {
      const bytes = writes.reduce((sum, shard) => sum + (shard.kind === 'Base' ? shard.bytes : 0), 0);
      saved = Math.max(0, available() - bytes);
    },
    fullIn: () => Math.ceil(((maxBytes - available()) / bytesPerSecond) * 1_000),
  };
}
