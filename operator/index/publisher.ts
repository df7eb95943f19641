import type { Logger } from 'pino';
import type { EntryChanges, IndexChanges } from '../../core/index/index-changes.ts';
import { maxManifestShards } from '../../core/index/manifest.ts';
import { type Laying, maxLag, needsFolding, planRevision } from '../../core/index/plan-shards.ts';
import { createClaim } from './claim.ts';
import { createFoldBudget } from './fold-budget.ts';
import { createLane } from './lane.ts';
import { DeposedError, type Mandate } from './leading.ts';
import type { ManifestWriter } from './manifest-writer.ts';
import { createPace, type Pace } from './pace.ts';
import { createPendingChanges } from './pending-changes.ts';
import type { Batch, PublisherMetrics } from './publisher-metrics.ts';
import { createRecentRevisions } from './recent-revisions.ts';
import { createRevisionWriter } from './revision-writer.ts';
import type { ShardKeeper } from './shard-keeper.ts';
import type { Inheritance } from './take-over.ts';
import { createWaker } from './waker.ts';

/** The one writer of the index in the cluster. */
export type IndexPublisher = {
  /** What has changed; it is published soon, what may revoke first. */
  offer(changes: EntryChanges): void;
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
/** Gateways ask each delta shard before they ask the base. */
const maxDeltas = 32;
/** Places in the manifest that additions leave to revocations. */
const reservedShards = 256;
const pauses = { firstMs: 100, maxMs: 5_000 };
const withheldPauses = { firstMs: 1_000, maxMs: 60_000 };
const nothing: IndexChanges = { set: new Map(), removed: new Set() };

export function createIndexPublisher(options: PublisherOptions): IndexPublisher {
  const { inheritance, lines, manifests, shards, mandate, metrics, log } = options;
  const { signal } = mandate;
  const pending = createPendingChanges();
  const recent = createRecentRevisions();
  const foldBudget = createFoldBudget();
  const waker = createWaker();
  const revisions = createRevisionWriter({
    ...{ inherited: inheritance.set, manifests, shards },
    onWritten(set, writes) {
      metrics.onPublished(set, writes);
      options.onPublished(set.manifest.revision);
    },
  });
  const claim = createClaim({ inheritance, lines, revisions, manifests, pending, metrics, maxDeltas, log });
  let firstRevision: number | undefined;
  /** When the first of those that wait was offered. */
  const since = { revocations: 0, additions: 0 };
  /** Of each kind of work its own: none waits because another failed. */
  const paces = {
    claim: createPace(pauses),
    repair: createPace(pauses),
    revocations: createPace(pauses),
    damage: createPace(pauses),
    additions: createPace(pauses),
    fold: createPace(pauses),
    withheld: createPace(withheldPauses),
    sweep: createPace(pauses),
  };

  const countDeltas = (): number => revisions.set?.deltas.length ?? 0;

  /** Gives the revision; undefined: there was nothing to write, or an earlier attempt turned out to be published. */
  async function publish(changes: IndexChanges, batch: Batch, laying: Laying): Promise<number | undefined> {
    const { set } = revisions;
    if (set === undefined) throw new Error('nothing is published before the take-over');
    const plan = planRevision(set, changes, set.manifest.epoch, laying);
    // A repair writes the manifest though it says the same.
    const step = plan ?? (batch === 'repair' ? { writes: [], next: set } : undefined);
    if (step === undefined) return undefined;
    const room = maxManifestShards - reservedShards;
    if (batch === 'additions' && step.next.manifest.shards.length > room) throw new Error('the index is full');
    if (typeof laying !== 'string') foldBudget.spend(step);
    const end = metrics.startBatch(batch);
    try {
      return await revisions.write(step);
    } finally {
      end();
    }
  }

  /** Apart from all else, so that nothing else can be at fault, unless gateways would have too many shards to ask. */
  const doubtedLaying = (): Laying => (countDeltas() < maxLag * maxDeltas ? 'Apart' : 'Append');
  const onWithheld = (): void => {
    if (paces.withheld.inMs === 0) paces.withheld.failed();
  };
  const common = { pending, recent, log, onFoldFailed: paces.fold.failed, onWithheld };
  const publishRevocations = createLane({
    ...{ ...common, lane: 'Revocations', pace: paces.revocations },
    publish: (changes, laying) => publish(changes, 'revocations', laying),
    // Never with base shards: one of them might be refused.
    layingOf: (isDoubted) => (isDoubted ? doubtedLaying() : 'Append'),
  });
  const publishAdditions = createLane({
    ...{ ...common, lane: 'Additions', pace: paces.additions },
    publish: (changes, laying) => publish(changes, 'additions', laying),
    layingOf(isDoubted) {
      if (isDoubted) return doubtedLaying();
      return paces.fold.inMs > 0 ? 'Append' : { maxDeltas, foldBytes: foldBudget.available() };
    },
  });
  const publishWithheld = createLane({
    ...{ ...common, lane: 'Withheld', pace: paces.withheld },
    publish: (changes, laying) => publish(changes, 'withheld', laying),
    layingOf: doubtedLaying,
  });

  async function takeOver(): Promise<void> {
    if (inheritance.damage !== undefined) log.warn({ damage: inheritance.damage }, 'the index is written anew');
    firstRevision = await claim();
  }

  /** A manifest with a higher revision than whatever stands there now, so that every gateway takes it up. */
  async function repairManifest(): Promise<void> {
    metrics.onRepair('manifest');
    await publish(nothing, 'repair', 'Append');
  }

  async function repairShards(): Promise<void> {
    log.warn({ shards: shards.damaged.map(({ name }) => name) }, 'shards of the index were altered or removed');
    metrics.onRepair('shard');
    await shards.repair();
  }

  async function fold(): Promise<void> {
    const before = revisions.set;
    await publish(nothing, 'fold', { maxDeltas, foldBytes: foldBudget.available() });
    if (revisions.set === before) throw new Error('the index could not be folded');
  }

  /** What can be done, the most urgent first, and in how many milliseconds it is due. */
  function tasks(): readonly Task[] {
    const { set } = revisions;
    if (firstRevision === undefined || set === undefined)
      return [{ pace: paces.claim, applies: true, inMs: 0, run: takeOver }];
    const now = performance.now();
    const folding: Task = {
      ...{ pace: paces.fold, applies: needsFolding(set, { maxDeltas }), inMs: foldBudget.fullIn(), run: fold },
    };
    // Revocations that come without end must not make the index grow without end.
    const isOverdue = set.deltas.length > maxLag * maxDeltas;
    const all: readonly Task[] = [
      { pace: paces.repair, applies: manifests.isForeign(), inMs: 0, run: repairManifest },
      ...(isOverdue ? [folding] : []),
      {
        ...{ pace: paces.revocations, applies: pending.revocations > 0, run: publishRevocations },
        inMs: since.revocations + revocationDelayMs - now,
      },
      { pace: paces.damage, applies: shards.damaged.length > 0, inMs: 0, run: repairShards },
      {
        ...{ pace: paces.additions, applies: pending.additions > 0, run: publishAdditions },
        inMs: since.additions + additionDelayMs - now,
      },
      folding,
      { pace: paces.withheld, applies: pending.withheld > 0, inMs: 0, run: publishWithheld },
      // A manifest that is not ours may name what ours does not.
      { pace: paces.sweep, applies: !manifests.isForeign(), inMs: shards.sweepInMs, run: shards.sweep },
    ];
    return all.filter(({ applies }) => applies).map((task) => ({ ...task, inMs: Math.max(task.inMs, task.pace.inMs) }));
  }

  async function step(): Promise<void> {
    const waiting = tasks();
    const due = waiting.find(({ inMs }) => inMs <= 0);
    if (due === undefined) {
      await waker.wait(Math.min(...waiting.map(({ inMs }) => inMs)), signal);
      return;
    }
    try {
      if ((await due.run()) !== false) due.pace.succeeded();
    } catch (error) {
      if (error instanceof DeposedError) throw error;
      if (signal.aborted) return;
      log.warn({ err: error }, 'the index cannot be written; trying again');
      metrics.onFailure();
      due.pace.failed();
    }
    metrics.onWithheld(pending.withheld);
  }

  return {
    offer(changes) {
      const { revocations, additions } = pending;
      pending.add(changes);
      if (revocations === 0) since.revocations = performance.now();
      if (additions === 0) since.additions = performance.now();
      if (pending.revocations > revocations) {
        paces.revocations.hurry();
        paces.claim.hurry();
      }
      waker.wake();
    },
    revisionOf(id) {
      if (pending.has(id) || recent.isBeingWritten(id)) return undefined;
      return recent.revisionOf(id) ?? firstRevision;
    },
    get epoch() {
      return firstRevision === undefined ? undefined : revisions.set?.manifest.epoch;
    },
    get firstRevision() {
      return firstRevision;
    },
    forget: (revision) => recent.forget(revision),
    look: () => waker.wake(),
    async run() {
      while (!signal.aborted) await step();
    },
  };
}

type Task = {
  readonly pace: Pace;
  readonly applies: boolean;
  readonly inMs: number;
  /** False: it is to be tried again at once. */
  readonly run: () => Promise<unknown>;
};
