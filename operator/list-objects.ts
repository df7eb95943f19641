import type { Metadata } from '../core/api/metadata.ts';
import { type Kind, kinds, type Resource } from '../core/api/resource.ts';
import type { Finding } from '../core/index/findings.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import { listAll } from '../kubernetes/paginated-list.ts';
import { observe } from './observed-object.ts';
import { resourceTypes } from './resource-types.ts';

/** What people wrote, as it is in the cluster. Objects that are being deleted are gone. */
export type StoredObjects = {
  readonly resources: readonly Resource[];
  /** Those that are not well-formed: another CustomResourceDefinition let them in. */
  readonly invalid: readonly { readonly kind: Kind; readonly metadata: Metadata; readonly finding: Finding }[];
};

/** Reads all objects of our kinds, once. `namespaces`: where; none: everywhere. Rejects as `listAll`. */
export async function listObjects(options: {
  readonly client: ApiClient;
  readonly namespaces: readonly string[];
  readonly signal: AbortSignal;
}): Promise<StoredObjects> {
  const { client, signal } = options;
  const namespaces = options.namespaces.length === 0 ? [''] : new Set(options.namespaces);
  const resources: Resource[] = [];
  const invalid: StoredObjects['invalid'][number][] = [];
  for (const kind of kinds) {
    const look = observe(kind);
    for (const namespace of namespaces) {
      const { items } = await listAll(
        client,
        resourceTypes[kind],
        (object) => {
          const { metadata, resource, fault } = look(object);
          return fault === undefined ? resource : { kind, metadata, finding: fault };
        },
        { namespace, signal },
      );
      for (const item of items) {
        if (item === undefined) continue;
        if ('finding' in item) invalid.push(item);
        else resources.push(item);
      }
    }
  }
  return { resources, invalid };
}
