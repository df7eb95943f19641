import type { Logger } from 'pino';
import { manifestName } from '../../core/index/manifest.ts';
import type { ApiClient } from '../../kubernetes/api-client.ts';
import { keyOf } from '../../kubernetes/kubernetes-object.ts';
import { type Reflector, startReflector } from '../../kubernetes/reflector.ts';
import { createStore } from '../../kubernetes/store.ts';
import type { Clock } from '../clock.ts';
import type { AccessIndexSource } from '../ports.ts';
import { createFreshness } from './freshness.ts';
import { startHeartbeat } from './heartbeat.ts';
import { createLoadedIndex } from './loaded-index.ts';
import { shardType } from './resource-types.ts';
import { readStoredPart, type StoredPart } from './stored-part.ts';

export type ClusterIndexOptions = {
  readonly client: ApiClient;
  /** Of the release. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends it. What was loaded stays in use. */
  readonly signal: AbortSignal;
  /** After each heartbeat, whatever came of it. */
  readonly onBeat?: () => void;
  readonly heartbeatMs?: number;
  readonly settleMs?: number;
};

export type ClusterIndex = AccessIndexSource & {
  /** Resolves when nothing follows the index any more. Never rejects. */
  readonly closed: Promise<void>;
};

const defaultHeartbeatMs = 5_000;
/** Twice the Lease of an operator. */
const defaultSettleMs = 30_000;
/** Half a megabyte: while a page is text, then JSON, then shards, what lies about is many times its size. */
const pageSize = 5;
/** Revocations wait for no longer than that when an API server comes back. */
const maxPauseMs = 5_000;

/** Follows the access index in the cluster. The list of its one kind is a state of the whole, and the watch keeps order. */
export function startClusterIndex(options: ClusterIndexOptions): ClusterIndex {
  const { client, namespace, clock, signal, onBeat = () => {} } = options;
  const { heartbeatMs = defaultHeartbeatMs, settleMs = defaultSettleMs } = options;
  const log = options.log.child({ part: 'index' });
  const store = createStore<StoredPart>({ log });
  const partOf = (name: string) => store.get(keyOf({ namespace, name }));
  const freshness = createFreshness(clock);

  const loaded = createLoadedIndex({
    ...{ clock, log, settleMs, onVersion: freshness.use },
    stored() {
      const found = partOf(manifestName);
      if (found?.value.kind !== 'Manifest') return undefined;
      const { uid, resourceVersion, value } = found;
      return { uid, resourceVersion, manifest: value.manifest };
    },
    shardOf(name) {
      const part = partOf(name)?.value;
      return part?.kind === 'Shard' ? part.shard : undefined;
    },
  });

  let generation: AbortController | undefined;
  const reflectors = new Set<Promise<void>>();
  /** What a reflector has seen stays: the next one begins with a list, and makes nothing anew that it knows. */
  function reflect(): void {
    generation?.abort();
    if (signal.aborted) return;
    generation = new AbortController();
    const reflector: Reflector = startReflector({
      ...{ client, type: shardType, namespace, pageSize, maxPauseMs, sink: store, log },
      transform: readStoredPart,
      signal: generation.signal,
    });
    const closed = reflector.closed.finally(() => reflectors.delete(closed));
    reflectors.add(closed);
  }

  const heartbeat = startHeartbeat({
    ...{ clock, log, signal, onBeat, onLost: reflect, intervalMs: heartbeatMs },
    async ask(callOptions) {
      const answer = freshness.ask();
      const manifest = await client.get(shardType, { namespace, name: manifestName }, callOptions);
      const version = manifest?.metadata.resourceVersion;
      answer(version);
      return version;
    },
    delivered: () => partOf(manifestName)?.resourceVersion,
    onConfirmed: () => loaded.follow(true),
  });

  store.subscribe(() => {
    loaded.follow();
    heartbeat.onDelivered(partOf(manifestName)?.resourceVersion);
  });
  reflect();
  signal.addEventListener('abort', () => generation?.abort(), { once: true });

  return {
    get current() {
      return loaded.current;
    },
    subscribe: loaded.subscribe,
    ageSeconds: freshness.ageSeconds,
    closed: heartbeat.closed.then(async () => void (await Promise.all(reflectors))),
  };
}
