import { ConnectionFault, isNotFound } from './api-error.ts';
import type { HttpRequest } from './connection.ts';
import { isStoredObject, type KubernetesObject, type StoredObject } from './kubernetes-object.ts';
import { apiVersionOf, collectionPath, type ObjectName, objectPath, type ResourceType } from './resource-type.ts';
import type { CallOptions, RestClient } from './rest-client.ts';
import { readWatchEvents, type WatchEvent } from './watch.ts';

export type Selection = {
  /** All of them where it is absent or ''. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
};

export type PageRequest = Selection & { readonly limit: number; readonly continueToken?: string };

export type Page = {
  readonly items: readonly StoredObject[];
  readonly resourceVersion: string;
  /** Absent on the last page. */
  readonly continueToken?: string;
};

export type WatchRequest = Selection & {
  readonly resourceVersion: string;
  /** After so long the server ends the watch. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
};

export type WriteOptions = CallOptions & {
  /** Who owns the fields that are written (`kubectl get --show-managed-fields`). */
  readonly fieldManager: string;
  readonly subresource?: 'status';
};

/** What must hold of an object for it to be deleted; otherwise the server answers `Conflict`. */
export type Preconditions = { readonly uid?: string; readonly resourceVersion?: string };

/**
 * The verbs of the API, for any kind. Each call has a deadline (10 s unless told), is tried again where that is safe, and
 * rejects with an `ApiError`, a `ConnectionFault`, or the reason of its signal. Writes are validated strictly: a field
 * that the server does not know is an error, not dropped.
 */
export type ApiClient = {
  /** Undefined: there is no such object. */
  get(type: ResourceType, name: ObjectName, options?: CallOptions): Promise<StoredObject | undefined>;
  /** Consistent: what was written before the first page was asked for is in the list. */
  listPage(type: ResourceType, request: PageRequest, options?: CallOptions): Promise<Page>;
  /** In the namespace of its metadata. */
  create(type: ResourceType, object: NewObject, options: WriteOptions): Promise<StoredObject>;
  /** With a resource version in its metadata, only over that version: `isConflict` tells if it was another. */
  replace(type: ResourceType, object: NewObject, options: WriteOptions): Promise<StoredObject>;
  /** RFC 7396. */
  mergePatch(type: ResourceType, name: ObjectName, patch: object, options: WriteOptions): Promise<StoredObject>;
  /** Server-side apply. With `force`, fields that another manager owns become ours. */
  apply(type: ResourceType, object: NewObject, options: WriteOptions & { force: boolean }): Promise<StoredObject>;
  /** False: there was no such object. */
  remove(type: ResourceType, name: ObjectName, options?: CallOptions & Preconditions): Promise<boolean>;
  /** Resolves when the server has opened the watch; then as `readWatchEvents`. */
  watch(type: ResourceType, request: WatchRequest): Promise<AsyncGenerator<readonly WatchEvent[], void, void>>;
};

/** An object to be written: its kind and version are the type's. */
export type NewObject = Pick<KubernetesObject, 'metadata'> & { readonly [field: string]: unknown };

const mediaTypes = {
  json: 'application/json',
  merge: 'application/merge-patch+json',
  // JSON is YAML.
  apply: 'application/apply-patch+yaml',
} as const;

export function createApiClient(rest: RestClient): ApiClient {
  async function write(
    method: HttpRequest['method'],
    path: string,
    content: { readonly type: keyof typeof mediaTypes; readonly value: object; readonly force?: boolean },
    { fieldManager, signal, deadlineMs }: WriteOptions,
  ): Promise<StoredObject> {
    const query = buildQuery({ fieldManager, fieldValidation: 'Strict', force: content.force ? 'true' : undefined });
    const body = JSON.stringify(content.value);
    const request = { method, path: `${path}${query}`, contentType: mediaTypes[content.type], body };
    return asStored(await rest.json(request, callOptions(signal, deadlineMs)));
  }

  return {
    async get(type, name, options) {
      try {
        return asStored(await rest.json({ method: 'GET', path: objectPath(type, name) }, options));
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    async listPage(type, { limit, continueToken, ...selection }, options) {
      const query = { ...selectors(selection), limit: String(limit), continue: continueToken };
      const path = `${collectionPath(type, selection.namespace ?? '')}${buildQuery(query)}`;
      return asPage(await rest.json({ method: 'GET', path }, options));
    },
    create: (type, object, options) =>
      write(
        'POST',
        collectionPath(type, object.metadata.namespace ?? ''),
        { type: 'json', value: withType(type, object) },
        options,
      ),
    replace: (type, object, options) =>
      write('PUT', pathOf(type, object, options), { type: 'json', value: withType(type, object) }, options),
    mergePatch: (type, name, patch, options) =>
      write('PATCH', objectPath(type, name, options.subresource), { type: 'merge', value: patch }, options),
    apply: (type, object, options) =>
      write(
        'PATCH',
        pathOf(type, object, options),
        { type: 'apply', value: withType(type, object), force: options.force },
        options,
      ),
    async remove(type, name, { uid, resourceVersion, ...options } = {}) {
      const preconditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
      const body = JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', preconditions });
      const path = objectPath(type, name);
      try {
        await rest.json({ method: 'DELETE', path, contentType: mediaTypes.json, body }, options);
        return true;
      } catch (error) {
        if (isNotFound(error)) return false;
        throw error;
      }
    },
    async watch(type, { resourceVersion, timeoutSeconds, signal, ...selection }) {
      const query = buildQuery({
        ...selectors(selection),
        ...{ watch: 'true', allowWatchBookmarks: 'true', resourceVersion, timeoutSeconds: String(timeoutSeconds) },
      });
      const path = `${collectionPath(type, selection.namespace ?? '')}${query}`;
      return readWatchEvents(await rest.stream({ method: 'GET', path }, { signal }), signal);
    },
  };
}

const pathOf = (type: ResourceType, { metadata }: NewObject, { subresource }: WriteOptions): string =>
  objectPath(type, { namespace: metadata.namespace ?? '', name: metadata.name }, subresource);

const withType = (type: ResourceType, object: NewObject): KubernetesObject => ({
  ...object,
  apiVersion: apiVersionOf(type),
  kind: type.kind,
});

const selectors = ({ labelSelector, fieldSelector }: Selection) => ({ labelSelector, fieldSelector });

function buildQuery(parameters: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, value);
  return query.size === 0 ? '' : `?${query}`;
}

const callOptions = (signal: AbortSignal | undefined, deadlineMs: number | undefined): CallOptions => ({
  ...(signal !== undefined && { signal }),
  ...(deadlineMs !== undefined && { deadlineMs }),
});

function asStored(value: unknown): StoredObject {
  if (!isStoredObject(value)) throw new ConnectionFault('Malformed', 'the answer is no object of the API');
  return value;
}

function asPage(value: unknown): Page {
  const { items, metadata } = value as {
    readonly items?: unknown;
    readonly metadata?: { readonly resourceVersion?: unknown; readonly continue?: unknown };
  };
  const resourceVersion = metadata?.resourceVersion;
  if (!Array.isArray(items) || typeof resourceVersion !== 'string' || !items.every(isStoredObject))
    throw new ConnectionFault('Malformed', 'the answer is no list of the API');
  const token = metadata?.continue;
  return { items, resourceVersion, ...(typeof token === 'string' && token !== '' && { continueToken: token }) };
}
