import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ApiClient, Selection } from './api-client.ts';
import { ApiError } from './api-error.ts';
import { backOffMs } from './back-off.ts';
import { keyOf, type StoredObject } from './kubernetes-object.ts';
import { listAll } from './paginated-list.ts';
import type { ResourceType } from './resource-type.ts';
import type { Cached, ReflectorSink, StoreUpdate } from './store.ts';
import type { WatchEvent } from './watch.ts';

type ReflectorOptions<Value> = Selection & {
  readonly client: ApiClient;
  readonly type: ResourceType;
  /** What is kept of an object. Must not throw. */
  readonly transform: (object: StoredObject) => Value;
  readonly sink: ReflectorSink<Value>;
  readonly log: Logger;
  /** Ends the reflector. Nothing is delivered after it. */
  readonly signal: AbortSignal;
  /** A watch that brings nothing for so long is dead. The API server sends a bookmark about once a minute. */
  readonly inactivityMs?: number;
  /** Called for each page of a list, and whenever anything comes through the watch. */
  readonly onSignOfLife?: () => void;
  /** Whether a list is to be believed only if another one says the same. */
  readonly isDoubtful?: (items: readonly Cached<Value>[]) => boolean;
  /** Objects in a page of the list, where they are large. */
  readonly pageSize?: number;
  /** The longest pause after a failure, in milliseconds. */
  readonly maxPauseMs?: number;
  /** How long the server is asked to keep a watch open, in seconds. */
  readonly watchSeconds?: { readonly min: number; readonly max: number };
};

export type Reflector = {
  /** Resolves when it has ended, which only its signal brings about. Never rejects. */
  readonly closed: Promise<void>;
};

const defaultInactivityMs = 90_000;
const defaultWatchSeconds = { min: 300, max: 600 };
const firstPauseMs = 100;
const defaultMaxPauseMs = 30_000;
/** A watch that lasted so long was a good one, whatever it brought. */
const goodWatchMs = 500;
/** So many failures in a row that bring nothing new, and everything is listed again: a list may go where a watch does not. */
const maxFailedWatches = 3;

/**
 * Keeps `sink` equal to the objects of a kind: lists them, then watches from there on. Whatever fails is tried again, for
 * ever: at once after a watch that ended in good order, else with pauses from 0.1 s to 30 s. The signal is looked at
 * after every wait and before every delivery, so a reflector that was ended delivers nothing, whatever still arrives.
 */
export function startReflector<Value>(options: ReflectorOptions<Value>): Reflector {
  const { client, type, transform, sink, signal, onSignOfLife, watchSeconds = defaultWatchSeconds } = options;
  const { inactivityMs = defaultInactivityMs, namespace, labelSelector, fieldSelector } = options;
  const selection: Selection = {
    ...(namespace !== undefined && { namespace }),
    ...(labelSelector !== undefined && { labelSelector }),
    ...(fieldSelector !== undefined && { fieldSelector }),
  };
  const pauses = { firstMs: firstPauseMs, maxMs: options.maxPauseMs ?? defaultMaxPauseMs };
  const log = options.log.child({ resource: type.plural, ...(namespace && { namespace }) });

  function keep(object: StoredObject): Cached<Value> {
    const { uid, resourceVersion } = object.metadata;
    const key = keyOf(object.metadata);
    const held = sink.get(key);
    // Most of a list is known already: what is kept of it need not be made again.
    if (held?.uid === uid && held.resourceVersion === resourceVersion) return held;
    return { key, uid, resourceVersion, value: transform(object) };
  }

  /** The resource version to watch from. */
  async function list(): Promise<string> {
    const listOnce = () =>
      listAll(client, type, keep, {
        ...{ ...selection, signal },
        ...(options.pageSize !== undefined && { limit: options.pageSize }),
        ...(onSignOfLife !== undefined && { onPage: onSignOfLife }),
      });
    const first = await listOnce();
    const isDoubtful = options.isDoubtful?.(first.items) === true;
    if (isDoubtful) log.warn({ items: first.items.length }, 'most objects are gone: asking again');
    const { items, resourceVersion } = isDoubtful ? await listOnce() : first;
    sink.replace(items);
    return resourceVersion;
  }

  /** Follows events from `position` on, which it moves, until the server ends the watch. */
  async function follow(position: Position): Promise<void> {
    const timeoutSeconds = Math.round(watchSeconds.min + Math.random() * (watchSeconds.max - watchSeconds.min));
    const watching = new AbortController();
    const onAbort = (): void => watching.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const timer = setTimeout(() => watching.abort(new Error(`nothing came for ${inactivityMs} ms`)), inactivityMs);
    position.wasOpen = false;
    try {
      const request = { ...selection, resourceVersion: position.version, timeoutSeconds, signal: watching.signal };
      const watch = await client.watch(type, request);
      position.wasOpen = true;
      for await (const events of watch) {
        if (watching.signal.aborted) break;
        timer.refresh();
        onSignOfLife?.();
        deliver(events, position);
      }
      watching.signal.throwIfAborted();
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      watching.abort();
    }
  }

  function deliver(events: readonly WatchEvent[], position: Position): void {
    const updates: StoreUpdate<Value>[] = [];
    for (const event of events) {
      if (event.type === 'DELETED') updates.push({ type: 'Remove', key: keyOf(event.object.metadata) });
      else if (event.type !== 'BOOKMARK') updates.push({ type: 'Put', item: keep(event.object) });
    }
    if (updates.length > 0) sink.update(updates);
    const last = events.at(-1);
    if (last !== undefined)
      position.version = last.type === 'BOOKMARK' ? last.resourceVersion : last.object.metadata.resourceVersion;
  }

  async function run(): Promise<void> {
    let position: Position | undefined;
    let failures = 0;
    while (!signal.aborted) {
      const startedAt = performance.now();
      let from: string | undefined;
      let retryAfterMs = 0;
      try {
        position ??= { version: await list(), wasOpen: false };
        from = position.version;
        await follow(position);
        // One that ends at once, again and again, must not become a tight loop.
        if (position.version !== from || performance.now() - startedAt >= goodWatchMs) {
          failures = 0;
          continue;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (position?.version !== from) failures = 0;
        const mustList = position === undefined || isPositionLost(error, position) || failures >= maxFailedWatches;
        log.warn({ err: error, mustList }, 'list or watch failed');
        if (mustList) position = undefined;
        if (error instanceof ApiError) retryAfterMs = Math.min(error.retryAfterMs ?? 0, pauses.maxMs);
      }
      const pause = Math.max(retryAfterMs, backOffMs(failures++, pauses));
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  }

  return { closed: run() };
}

/** Where a watch has come to, and whether the last one was opened. */
type Position = { version: string; wasOpen: boolean };

/**
 * Whether to list again. Yes, if the server has forgotten our resource version (410), and after any outage: etcd may have
 * been restored from a backup meanwhile, or be another one. The API server opens a watch from a resource version that it
 * has not come to yet without a word, and then says nothing.
 */
function isPositionLost(error: unknown, { wasOpen }: Position): boolean {
  if (error instanceof ApiError) return error.status !== 429;
  return !wasOpen;
}
