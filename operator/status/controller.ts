import type { Logger } from 'pino';
import { apiVersion } from '../../core/api/metadata.ts';
import { namespaceOf, type ObjectKey, objectKey } from '../../core/api/object-key.ts';
import { formatRef } from '../../core/api/object-ref.ts';
import { findingAt } from '../../core/index/compile.ts';
import type { IndexCompiler } from '../../core/index/compiler.ts';
import type { Finding } from '../../core/index/findings.ts';
import type { Name } from '../../core/index/names.ts';
import { withNotes } from '../../core/index/notes.ts';
import type { ApiClient } from '../../kubernetes/api-client.ts';
import { isInvalid, isNotFound } from '../../kubernetes/api-error.ts';
import { type ReconcileResult, runController } from '../../kubernetes/controller.ts';
import type { ControllerMetrics } from '../../kubernetes/controller-metrics.ts';
import type { EventRecorder } from '../../kubernetes/event-recorder.ts';
import { createWorkQueue } from '../../kubernetes/work-queue.ts';
import type { QueueMetrics } from '../../kubernetes/work-queue-metrics.ts';
import type { Gateways } from '../gateways.ts';
import type { IndexPublisher } from '../index/publisher.ts';
import type { ObjectCache } from '../object-cache.ts';
import type { ObservedObject } from '../observed-object.ts';
import { fieldManager, resourceTypes } from '../resource-types.ts';
import type { Progress } from './assertions.ts';
import { parseStatus, planStatus, type Status } from './build-status.ts';
import { startMentionSearch } from './mentions.ts';
import { neededRevision } from './needed-revision.ts';
import { progressOf } from './progress.ts';
import { createSettling } from './settling.ts';
import { createWriteLimit } from './write-limit.ts';

export type StatusController = {
  /** These may have to say something else. */
  touch(objects: Iterable<ObjectKey>, priority: StatusPriority): void;
  /** These GitUsers may have more or fewer SSHKeys: to be said soon. */
  recount(users: Iterable<ObjectKey>): void;
  /** Names came or went, of which any number of objects may speak; they are looked at when there is time. */
  onNames(names: Iterable<Name>): void;
  /** The gateways, or the published index, have moved on. */
  onProgress(): void;
  /** Resolves when the signal has ended it. */
  readonly closed: Promise<void>;
};

/** Somebody waits for what has just changed; nobody for what was there when we started. */
export type StatusPriority = 0 | 1;

type StatusControllerOptions = {
  readonly client: ApiClient;
  readonly cache: ObjectCache;
  readonly compiler: IndexCompiler;
  readonly publisher: IndexPublisher;
  readonly gateways: Gateways;
  readonly events: EventRecorder;
  readonly hostName: string | undefined;
  readonly log: Logger;
  readonly queueMetrics: QueueMetrics;
  readonly controllerMetrics: ControllerMetrics;
  readonly isLeader: () => boolean;
  readonly signal: AbortSignal;
};

/** So many are looked at, and at most written, at once. */
const workers = 24;
/** Of looks, most of which find nothing to write: they must not keep the publisher waiting. */
const rateLimit = { perSecond: 5_000, burst: 500 };
/** So long an entry may be on its way before its object is told so. Mostly it arrives earlier, and one write says all. */
const settleMs = 3_000;
const releaseIntervalMs = 250;
/** To count somebody's keys is to look at all of them, and whoever has thousands may change some all the time. */
const recountMs = 1_000;
/** setTimeout takes no more. */
const maxTimerMs = 2 ** 31 - 1;

export function startStatusController(options: StatusControllerOptions): StatusController {
  const { client, cache, compiler, publisher, gateways, events, hostName, log, isLeader, signal } = options;
  const name = 'status';
  const queue = createWorkQueue({
    // The cache bounds it: each object is there once.
    ...{ rateLimit, maxLength: Number.POSITIVE_INFINITY, tenantOf: namespaceOf },
    observer: options.queueMetrics(name),
  });
  const writes = createWriteLimit({ max: workers });
  const settling = createSettling();
  let release: NodeJS.Timeout | undefined;
  const mentions = startMentionSearch({
    resources: () => cache.resources(['SSHKey', 'Repository']),
    onFound: (object) => queue.add(object, { priority: 0 }),
    signal,
  });

  async function reconcile(key: string, deadline: AbortSignal): Promise<ReconcileResult | undefined> {
    const observed = cache.get(key);
    if (observed === undefined || observed.isDeleting || observed.isPaused) {
      settling.delete(key);
      return undefined;
    }
    const now = Date.now();
    const finding = findingOf(key, observed, now);
    // Not compiled yet: it is touched again when it is.
    if (finding === undefined) return undefined;
    const before = parseStatus(observed.status);
    const needed = neededRevision(key, observed.resource, compiler, publisher);
    const progress: Progress =
      suspendedUserOf(observed) ??
      progressOf({
        needed,
        first: publisher.firstRevision,
        loaded: gateways.loadedOf(publisher.epoch),
        ...{ generation: observed.generation, conditions: before.conditions },
      });
    if (finding.reason === 'Accepted' && isOnItsWay(progress.kind)) {
      const since = settling.look(key, { needed, progress: progress.kind });
      const leftMs = since + settleMs - performance.now();
      if (leftMs > 0) return { requeueAfterMs: leftMs };
    } else settling.delete(key);
    const facts = { finding, progress, keys: countKeys(observed, now), hostName };
    const status = planStatus(observed, facts, now);
    if (status !== undefined) await write(observed, status, deadline);
    if (status !== undefined) tell(observed, before, finding);
    return expiryOf(observed, finding, now);
  }

  const neededBy = (key: ObjectKey): number | undefined =>
    neededRevision(key, cache.get(key)?.resource, compiler, publisher);

  const findingOf = (key: ObjectKey, { fault, resource }: ObservedObject, now: number): Finding | undefined => {
    const found = compiler.finding(key);
    if (fault !== undefined) return fault;
    if (resource === undefined || found === undefined) return undefined;
    return withNotes(resource, findingAt(now, resource, found), compiler.names);
  };

  function suspendedUserOf({ resource }: ObservedObject): Progress | undefined {
    if (resource?.kind !== 'SSHKey' || resource.spec.userRef === undefined) return undefined;
    const user = { namespace: resource.metadata.namespace, name: resource.spec.userRef.name };
    const found = cache.get(objectKey('GitUser', user))?.resource;
    const isSuspended = found?.kind === 'GitUser' && found.spec.suspended;
    return isSuspended ? { kind: 'UserSuspended', user: formatRef(user) } : undefined;
  }

  function countKeys({ kind, metadata }: ObservedObject, now: number): number {
    if (kind !== 'GitUser') return 0;
    let count = 0;
    for (const key of cache.keysOf(formatRef(metadata))) {
      const observed = cache.get(key);
      if (observed !== undefined && findingOf(key, observed, now)?.reason === 'Accepted') count += 1;
    }
    return count;
  }

  async function write(observed: ObservedObject, status: Status, deadline: AbortSignal): Promise<void> {
    const { kind, metadata, resourceVersion, fault } = observed;
    // Over the version that it was made from: whoever leads after us is not contradicted.
    const patch = { metadata: { resourceVersion }, status };
    try {
      const write = { fieldManager, subresource: 'status', signal: deadline } as const;
      await writes.run(async () => {
        if (isLeader()) await client.mergePatch(resourceTypes[kind], metadata, patch, write);
      });
    } catch (error) {
      // Deleted meanwhile.
      if (isNotFound(error)) return;
      if (fault === undefined || !isInvalid(error)) throw error;
      // Of an object that its kind would not let in today, the API server may refuse every change that leaves the fault in:
      // then the event alone tells of it. The error is not logged: it may quote what should have been a public key.
      log.warn({ kind, object: formatRef(metadata) }, 'no status can be written of an object that is invalid');
    }
  }

  /** An event for what a person would look for: an object that is refused now, or no longer. */
  function tell({ kind, metadata }: ObservedObject, before: Status, { reason, message }: Finding): void {
    const verdict = before.conditions.find(({ type }) => type === (kind === 'GitUser' ? 'Ready' : 'Accepted'));
    const isAccepted = reason === 'Accepted';
    const wasRefused = verdict?.status === 'False' && verdict.reason !== 'Suspended' && !isOnItsWay(verdict.reason);
    if (isAccepted ? !wasRefused : verdict?.reason === reason && verdict.message === message) return;
    const { namespace, name: objectName, uid } = metadata;
    events.record({
      regarding: { apiVersion, kind, namespace, name: objectName, uid },
      type: isAccepted ? 'Normal' : 'Warning',
      reason,
      action: 'Judge',
      note: isAccepted ? 'it is accepted now' : message,
    });
  }

  /** A verdict changes by itself when a key expires. */
  function expiryOf({ resource }: ObservedObject, { reason }: Finding, now: number): ReconcileResult | undefined {
    const expiresAt = resource?.kind === 'SSHKey' ? resource.spec.expiresAt : undefined;
    if (reason !== 'Accepted' || expiresAt === undefined) return undefined;
    return { requeueAfterMs: Math.min(maxTimerMs, Math.max(1, Date.parse(expiresAt) - now)) };
  }

  return {
    touch(objects, priority) {
      for (const key of objects) queue.add(key, { priority });
    },
    recount(users) {
      for (const key of users) queue.add(key, { afterMs: recountMs });
    },
    onNames: (names) => mentions.add(names),
    onProgress() {
      release ??= setTimeout(() => {
        release = undefined;
        const loaded = gateways.loadedOf(publisher.epoch);
        for (const key of settling.moved({ neededBy, loaded })) queue.add(key, { priority: 1 });
      }, releaseIntervalMs);
    },
    closed: Promise.all([
      runController({ ...{ name, queue, workers, reconcile, log, signal }, metrics: options.controllerMetrics }),
      mentions.closed,
    ]).then(() => clearTimeout(release)),
  };
}

const isOnItsWay = (reason: string): boolean => ['Publishing', 'Loading', 'NoGateways'].includes(reason);
