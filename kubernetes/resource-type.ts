/** What the API server must know to find objects of a kind; as client-go's GroupVersionResource, with the kind. */
export type ResourceType = {
  /** '' is the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
};

/** Names one object of a kind. The namespace is '' for kinds that have none. */
export type ObjectName = { readonly namespace: string; readonly name: string };

/** `apps/v1`, `v1`. */
export const apiVersionOf = ({ group, version }: ResourceType): string =>
  group === '' ? version : `${group}/${version}`;

/**
 * The path of a kind's objects in one namespace, or in all of them where it is ''. Every part is encoded: a name that
 * came from an object can lead nowhere else.
 */
export function collectionPath(type: ResourceType, namespace: string): string {
  const root = type.group === '' ? '/api' : `/apis/${encodeURIComponent(type.group)}`;
  const within = type.namespaced && namespace !== '' ? `/namespaces/${pathSegment(namespace)}` : '';
  return `${root}/${encodeURIComponent(type.version)}${within}/${encodeURIComponent(type.plural)}`;
}

/** The path of one object, or of a subresource of it (`status`). */
export function objectPath(type: ResourceType, { namespace, name }: ObjectName, subresource = ''): string {
  // Without a namespace, the name would be taken for the one of a whole collection.
  if (type.namespaced && namespace === '') throw new Error(`a ${type.kind} has a namespace`);
  const path = `${collectionPath(type, namespace)}/${pathSegment(name)}`;
  return subresource === '' ? path : `${path}/${encodeURIComponent(subresource)}`;
}

function pathSegment(name: string): string {
  // '' would address the collection: a delete of it deletes everything. Dots are resolved on the way.
  if (name === '' || name === '.' || name === '..') throw new Error(`"${name}" is no name of an object`);
  return encodeURIComponent(name);
}
