import type { Logger } from 'pino';
import { idOfLine } from '../../core/index/entry-line.ts';
import { changesBetween } from '../../core/index/index-changes.ts';
import { planRevision } from '../../core/index/plan-shards.ts';
import { entryLines } from '../../core/index/shard-set.ts';
import type { ManifestWriter } from './manifest-writer.ts';
import type { PendingChanges } from './pending-changes.ts';
import type { PublisherMetrics } from './publisher-metrics.ts';
import type { RevisionWriter } from './revision-writer.ts';
import { RefusedError } from './shard-keeper.ts';
import type { Inheritance } from './take-over.ts';

const none: ReadonlyMap<string, string> = new Map();

/**
 * Brings what is in the cluster to what was compiled, under an epoch of our own. To be repeated until it succeeds; gives
 * the revision. What cannot be published that way, because the API server refuses it, is left to `pending`.
 */
export function createClaim(options: {
  readonly inheritance: Inheritance;
  /** All entries as they are now: by id, the line. */
  readonly lines: ReadonlyMap<string, string>;
  readonly revisions: RevisionWriter;
  readonly manifests: ManifestWriter;
  readonly pending: PendingChanges;
  readonly metrics: PublisherMetrics;
  readonly maxDeltas: number;
  readonly log: Logger;
}): () => Promise<number> {
  const { inheritance, lines, revisions, manifests, pending, metrics, maxDeltas, log } = options;
  const found = inheritance.set;
  const isWhole = found !== undefined && found.bases.length > 0;
  // An index that begins anew has an epoch that no earlier one can have had: gateways may still report of that.
  const epoch = found === undefined ? Math.floor(Date.now() / 1_000) : found.manifest.epoch + 1;
  let isRefused = false;
  const leftOut = new Set<string>();

  /** What to begin with: all of it. Where some is refused, what was there, or what is not refused. */
  function firstLines(before: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
    if (!isRefused) return lines;
    return isWhole ? before : new Map([...lines].filter(([id]) => !leftOut.has(id)));
  }

  function onRefused({ shards }: RefusedError, isEmpty: boolean): void {
    isRefused = true;
    // Of an index without entries, what is refused is the writing.
    if (isEmpty) leftOut.clear();
    else for (const shard of shards) for (const line of shard.lines) leftOut.add(idOfLine(line));
  }

  /** In one turn: what is offered from here on comes after it. */
  function addDifference(): void {
    const published = revisions.set === undefined ? none : entryLines(revisions.set);
    const changes = changesBetween(published, lines);
    const added = new Set([...changes.set.keys()].filter((id) => !published.has(id)));
    pending.clear();
    pending.add({ ...changes, added });
  }

  return async () => {
    if (found === undefined) await manifests.discard();
    const before = found === undefined ? none : entryLines(found);
    const first = firstLines(before);
    const changes = changesBetween(before, first);
    // In one turn: what was offered before is among the lines, what is offered from here on is not.
    pending.clear();
    const plan = planRevision(found, changes, epoch, isRefused ? 'Append' : { maxDeltas, foldBytes: 0 });
    if (plan === undefined) throw new Error('a new epoch is a new revision');
    const end = metrics.startBatch('takeover');
    try {
      // An earlier attempt that is published says less.
      const isPublished = (await revisions.write(plan)) !== undefined;
      if (isRefused || !isPublished) addDifference();
    } catch (error) {
      if (error instanceof RefusedError) onRefused(error, first.size === 0);
      throw error;
    } finally {
      end();
    }
    const revision = revisions.set?.manifest.revision ?? 0;
    const written = { changed: changes.set.size, removed: changes.removed.size, shards: plan.writes.length };
    log.info({ epoch, revision, ...written }, 'leading: the index is published');
    return revision;
  };
}
