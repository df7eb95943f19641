import type { Metadata } from '../core/api/metadata.ts';
import { keyOf, type ObjectKey } from '../core/api/object-key.ts';
import type { Resource } from '../core/api/resource.ts';
import type { StoredObjects } from '../operator/list-objects.ts';

/**
 * The objects that a cluster would have if manifests were applied to it: what is there already keeps its UID and its age,
 * what is new is younger than all.
 */
export function applyManifests(cluster: StoredObjects, manifests: readonly Resource[]): readonly Resource[] {
  const objects = new Map(cluster.resources.map((resource) => [keyOf(resource), resource]));
  const known = new Map<ObjectKey, Metadata>(
    [...cluster.resources, ...cluster.invalid].map((object) => [keyOf(object), object.metadata]),
  );
  for (const resource of manifests) {
    const key = keyOf(resource);
    const metadata = known.get(key) ?? { ...resource.metadata, createdAt: Number.MAX_SAFE_INTEGER };
    objects.set(key, { ...resource, metadata });
  }
  return [...objects.values()];
}
