import type { Logger } from 'pino';
import { type ObjectKey, objectKey } from '../core/api/object-key.ts';
import { type Kind, kinds, type Resource } from '../core/api/resource.ts';
import type { ResourceChanges } from '../core/index/compiler.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import { keyOf, parseKey } from '../kubernetes/kubernetes-object.ts';
import { type Reflector, startReflector } from '../kubernetes/reflector.ts';
import { createStore, type Store, type StoreChange } from '../kubernetes/store.ts';
import { type ObservedObject, observe } from './observed-object.ts';
import { resourceTypes } from './resource-types.ts';
import { ownersOf, suspendedOrBack, userOf } from './touched-objects.ts';

/** All objects of our kinds in the namespaces that are watched. */
export type ObjectCache = {
  get(key: ObjectKey): ObservedObject | undefined;
  /** The SSHKeys of a GitUser, by its `NAMESPACE/NAME`. */
  keysOf(user: string): Iterable<ObjectKey>;
  keys(): Iterable<ObjectKey>;
  /** Those that are well-formed and not being deleted, as they are while they are iterated over. */
  resources(of: readonly Kind[]): Iterable<Resource>;
  /** All resources, as the changes that lead there from nothing. */
  all(): ResourceChanges;
  /** Resolves when every object has been seen once. */
  readonly synced: Promise<unknown>;
  /** Calls back with what changed. */
  subscribe(listener: (changes: CacheChanges) => void): void;
  readonly size: number;
  /** Resolves when the signal has ended all of it. */
  readonly closed: Promise<unknown>;
};

export type CacheChanges = {
  /** Objects that are being deleted are gone. */
  readonly resources: ResourceChanges;
  /** Objects whose status may be another. */
  readonly touched: ReadonlySet<ObjectKey>;
  /** GitUsers who may have more or fewer SSHKeys. */
  readonly owners: ReadonlySet<ObjectKey>;
};

type Source = { readonly kind: Kind; readonly namespace: string; readonly store: Store<ObservedObject> };

const byUser = 'user';

/** `namespaces`: those to watch; none: all. */
export function openObjectCache(options: {
  readonly client: ApiClient;
  readonly namespaces: readonly string[];
  readonly log: Logger;
  readonly signal: AbortSignal;
}): ObjectCache {
  const { client, log, signal } = options;
  const namespaces = options.namespaces.length === 0 ? [''] : [...new Set(options.namespaces)];
  const sources: Source[] = [];
  const reflectors: Reflector[] = [];
  for (const kind of kinds) {
    for (const namespace of namespaces) {
      const store = createStore<ObservedObject>({
        log,
        indexes: { [byUser]: ({ value: { resource } }) => userOf(resource) },
      });
      sources.push({ kind, namespace, store });
      const type = resourceTypes[kind];
      const observeKind = observe(kind);
      reflectors.push(
        startReflector({
          ...{ client, type, namespace, sink: store, log, signal },
          transform: (object) => observeKind(object, store.get(keyOf(object.metadata))?.value),
          isDoubtful: (items) => isShrunk(store.size, items.length),
        }),
      );
    }
  }

  const storesFor = (kind: Kind, namespace: string): readonly Store<ObservedObject>[] =>
    sources
      .filter((source) => source.kind === kind && (source.namespace === '' || source.namespace === namespace))
      .map(({ store }) => store);

  function* keysOf(user: string): Generator<ObjectKey> {
    for (const store of storesFor('SSHKey', parseKey(user).namespace)) {
      for (const name of store.byIndex(byUser, user)) yield `SSHKey ${name}`;
    }
  }

  return {
    get(key) {
      const { kind, name } = splitKey(key);
      for (const store of storesFor(kind, parseKey(name).namespace)) {
        const found = store.get(name);
        if (found !== undefined) return found.value;
      }
      return undefined;
    },
    keysOf,
    *keys() {
      for (const { kind, store } of sources) for (const name of store.keys()) yield `${kind} ${name}`;
    },
    *resources(of) {
      for (const { kind, store } of sources) {
        if (!of.includes(kind)) continue;
        for (const { value } of store.values()) if (value.resource !== undefined) yield value.resource;
      }
    },
    all() {
      const changes = new Map<ObjectKey, Resource | undefined>();
      for (const { kind, store } of sources) {
        for (const { key, value } of store.values()) changes.set(`${kind} ${key}`, value.resource);
      }
      return changes;
    },
    synced: Promise.all(sources.map(({ store }) => store.synced)),
    subscribe(listener) {
      for (const { kind, store } of sources) {
        store.subscribe((changes) => {
          const touched = new Set(changes.map(({ key }) => `${kind} ${key}`));
          for (const user of suspendedOrBack(changes)) for (const key of keysOf(user)) touched.add(key);
          listener({ resources: resourcesOf(kind, changes), touched, owners: ownersOf(changes) });
        });
      }
    },
    get size() {
      return sources.reduce((sum, { store }) => sum + store.size, 0);
    },
    closed: Promise.all(reflectors.map(({ closed }) => closed)),
  };
}

/**
 * Whether a list has so much less than what was known that whoever is lost with it should not be by a mistake of one
 * answer. What a second answer says is so; a deletion that a watch tells of is never doubted.
 */
const isShrunk = (before: number, after: number): boolean => before - after > 100 && after < before / 2;

function splitKey(key: ObjectKey): { readonly kind: Kind; readonly name: string } {
  const blank = key.indexOf(' ');
  return { kind: key.slice(0, blank) as Kind, name: key.slice(blank + 1) };
}

/** The last change of an object counts. */
function resourcesOf(kind: Kind, changes: readonly StoreChange<ObservedObject>[]): ResourceChanges {
  return new Map(
    changes.map((change) => [
      objectKey(kind, parseKey(change.key)),
      change.type === 'Removed' ? undefined : change.after.value.resource,
    ]),
  );
}
