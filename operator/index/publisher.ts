import type { Logger } from 'pino';
import type { CompiledChanges } from '../../core/index/compiler.ts';
import { changesBetween, type IndexChanges } from '../../core/index/index-changes.ts';
import { planRevision, type ShardPlan } from '../../core/index/plan-shards.ts';
import { entryLines, type ShardSet } from '../../core/index/shard-set.ts';
import { backOffMs } from '../../kubernetes/back-off.ts';
import { createFoldBudget } from './fold-budget.ts';
import { DeposedError, type Mandate } from './leading.ts';
import type { ManifestWriter } from './manifest-writer.ts';
import { createPendingChanges } from './pending-changes.ts';
import type { Batch, PublisherMetrics } from './publisher-metrics.ts';
import { createRecentRevisions } from './recent-revisions.ts';
import type { ShardKeeper } from './shard-keeper.ts';
import type { Inheritance } from './take-over.ts';
import { createWaker } from './waker.ts';

/** The one writer of the index in the cluster. */
export type IndexPublisher = {
  /** What has changed; it is published soon, what may revoke first. */
  offer(changes: CompiledChanges): void;
  /** The revision from which on an entry is as it was last offered; undefined until that is written. */
  revisionOf(id: string): number | undefined;
  /** Of this leader; undefined until its first revision is written. */
  readonly epoch: number | undefined;
  /** The first revision of this leader, which `revisionOf` gives for entries that have not changed since. */
  readonly firstRevision: number | undefined;
  /** Gateways have all loaded this revision: what was written up to there is no longer of interest. */
  forget(revision: number): void;
  /** To be called when the reflector shows a change of the index in the cluster. */
  look(): void;
  /** Publishes until the mandate's signal is aborted. Rejects with a `DeposedError`, else never. */
  run(): Promise<void>;
};

type PublisherOptions = {
  readonly inheritance: Inheritance;
  /** All entries as they are at the start: by id, the line. */
  readonly lines: ReadonlyMap<string, string>;
  readonly manifests: ManifestWriter;
  readonly shards: ShardKeeper;
  readonly mandate: Mandate;
  readonly metrics: PublisherMetrics;
  readonly log: Logger;
  /** After each revision that was written. */
  readonly onPublished: (revision: number) => void;
};

/** How long changes wait for others, in milliseconds. */
const revocationDelayMs = 50;
const additionDelayMs = 200;
/** Of additions in one batch, so that a revocation waits for no more than that. */
const maxAdditionLength = 2 ** 20;
/** Gateways ask each delta shard before they ask the base. */
const maxDeltas = 32;
const pauses = { firstMs: 100, maxMs: 5_000 };

export function createIndexPublisher(options: PublisherOptions): IndexPublisher {
  const { inheritance, manifests, shards, mandate, metrics, log } = options;
  const { signal } = mandate;
  const pending = createPendingChanges();
  const recent = createRecentRevisions();
  const foldBudget = createFoldBudget();
  const waker = createWaker();
  let set: ShardSet | undefined = inheritance.set;
  let firstRevision: number | undefined;
  /** The highest revision that we ever tried to write. */
  let attempted = 0;
  /** When the first of those that wait was offered. */
  const since = { revocations: 0, additions: 0 };

  /**
   * Writes a plan, in such an order that the index is whole at every moment. Each attempt has a revision of its own: one
   * whose answer was lost may have been taken up by gateways, and another index must not bear its number.
   */
  async function carryOut(plan: Pick<ShardPlan, 'writes' | 'next'>): Promise<number> {
    const { writes } = plan;
    await shards.write(writes);
    attempted = Math.max(attempted, plan.next.manifest.revision - 1, manifests.shownRevision) + 1;
    const next = { ...plan.next, manifest: { ...plan.next.manifest, revision: attempted } };
    await manifests.write(next.manifest);
    set = next;
    shards.keep([...next.bases, ...next.deltas], writes);
    metrics.onPublished(next, writes);
    options.onPublished(next.manifest.revision);
    return next.manifest.revision;
  }

  /** Brings what is in the cluster to what was compiled, under an epoch of our own. */
  async function takeOver(): Promise<void> {
    const { damage } = inheritance;
    if (damage !== undefined) log.warn({ damage }, 'the index is written anew');
    if (set === undefined) await manifests.discard();
    const before = set === undefined ? new Map<string, string>() : entryLines(set);
    // An index that begins anew has an epoch that no earlier one can have had: gateways may still report of that.
    const epoch = set === undefined ? Math.floor(Date.now() / 1_000) : set.manifest.epoch + 1;
    // In one turn: what was offered before is among the lines, what is offered from here on is not.
    const changes = changesBetween(before, options.lines);
    pending.clear();
    const plan = planRevision(set, changes, epoch, { maxDeltas, foldBytes: 0 });
    if (plan === undefined) throw new Error('a new epoch is a new revision');
    const end = metrics.startBatch('takeover');
    firstRevision = await carryOut(plan);
    end();
    const written = { changed: changes.set.size, removed: changes.removed.size, shards: plan.writes.length };
    log.info({ epoch, revision: firstRevision, ...written }, 'leading: the index is published');
  }

  async function publish(changes: IndexChanges, batch: Batch): Promise<void> {
    if (set === undefined) throw new Error('nothing is published before the take-over');
    const { epoch } = set.manifest;
    const plan = planRevision(set, changes, epoch, { maxDeltas, foldBytes: foldBudget.available() });
    // A repair writes the manifest though it says the same.
    const step = plan ?? (batch === 'repair' ? { writes: [], next: set } : undefined);
    if (step === undefined) return;
    foldBudget.spend(step);
    const ids = [...changes.set.keys(), ...changes.removed];
    recent.begin(ids);
    const end = metrics.startBatch(batch);
    try {
      recent.succeed(ids, await carryOut(step));
    } catch (error) {
      recent.fail(ids);
      pending.restore(changes);
      throw error;
    } finally {
      end();
    }
  }

  /**
   * A manifest with a higher revision than whatever stands there now, so that every gateway takes it up. What waits to be
   * revoked goes with it: the manifest that is written over may be one of ours, whose answer was lost.
   */
  async function repairManifest(): Promise<void> {
    metrics.onRepair('manifest');
    await publish(pending.takeRevocations(), 'repair');
  }

  async function repairShards(): Promise<void> {
    log.warn({ shards: shards.damaged.map(({ name }) => name) }, 'shards of the index were altered or removed');
    metrics.onRepair('shard');
    await shards.repair();
  }

  const mustFold = (): boolean => (set?.deltas.length ?? 0) > maxDeltas;

  /** What can be done, the most urgent first, and in how many milliseconds it is due. */
  function tasks(): readonly Task[] {
    const now = performance.now();
    const nothing: IndexChanges = { set: new Map(), removed: new Set() };
    return [
      { applies: manifests.isForeign(), inMs: 0, run: repairManifest },
      {
        applies: pending.revocations > 0,
        inMs: since.revocations + revocationDelayMs - now,
        run: () => publish(pending.takeRevocations(), 'revocations'),
      },
      { applies: shards.damaged.length > 0, inMs: 0, run: repairShards },
      {
        applies: pending.additions > 0,
        inMs: since.additions + additionDelayMs - now,
        run: () => publish(pending.takeAdditions(maxAdditionLength), 'additions'),
      },
      { applies: mustFold(), inMs: foldBudget.fullIn(), run: () => publish(nothing, 'fold') },
      { applies: shards.hasGarbage, inMs: 0, run: () => shards.sweep() },
    ].filter(({ applies }) => applies);
  }

  async function step(): Promise<void> {
    const waiting = tasks();
    const due = waiting.find(({ inMs }) => inMs <= 0);
    if (due !== undefined) await due.run();
    else await waker.wait(Math.min(...waiting.map(({ inMs }) => inMs)), signal);
  }

  async function persist(work: () => Promise<void>, isDone: () => boolean): Promise<void> {
    let failures = 0;
    while (!signal.aborted && !isDone()) {
      try {
        await work();
        failures = 0;
      } catch (error) {
        if (error instanceof DeposedError) throw error;
        if (signal.aborted) return;
        log.warn({ err: error }, 'the index cannot be written; trying again');
        metrics.onFailure();
        await waker.pause(backOffMs(failures++, pauses), signal);
      }
    }
  }

  return {
    offer(changes) {
      const { revocations, additions } = pending;
      pending.add(changes);
      if (revocations === 0) since.revocations = performance.now();
      if (additions === 0) since.additions = performance.now();
      waker.wake();
    },
    revisionOf(id) {
      if (pending.has(id) || recent.isBeingWritten(id)) return undefined;
      return recent.revisionOf(id) ?? firstRevision;
    },
    get epoch() {
      return firstRevision === undefined ? undefined : set?.manifest.epoch;
    },
    get firstRevision() {
      return firstRevision;
    },
    forget: (revision) => recent.forget(revision),
    look: () => waker.wake(),
    async run() {
      let isTaken = false;
      const take = async (): Promise<void> => {
        await takeOver();
        isTaken = true;
      };
      await persist(take, () => isTaken);
      await persist(step, () => false);
    },
  };
}

type Task = { readonly inMs: number; readonly run: () => Promise<void> };
