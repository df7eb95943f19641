/** metav1.ObjectMeta, as far as we use it. */
export type ObjectMetadata = {
  readonly name: string;
  /** Absent in kinds without namespaces. */
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  /** RFC 3339, to the second. */
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly unknown[];
};

/** Any object, as JSON. What it holds besides is for its reader to parse: the API server is trusted, its writers are not. */
export type KubernetesObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMetadata;
  readonly [field: string]: unknown;
};

/** An object as the API server gives it. */
export type StoredObject = KubernetesObject & {
  readonly metadata: ObjectMetadata & { readonly uid: string; readonly resourceVersion: string };
};

/** `NAMESPACE/NAME`, or `NAME` where there is no namespace: the key of caches and queues. */
export const keyOf = ({ namespace, name }: { readonly namespace?: string; readonly name: string }): string =>
  namespace ? `${namespace}/${name}` : name;

/** The opposite of `keyOf`. No name has a slash in it. */
export function parseKey(key: string): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** Whether something that was parsed from JSON is an object of the API. */
export function isStoredObject(value: unknown): value is StoredObject {
  if (typeof value !== 'object' || value === null || !('metadata' in value)) return false;
  const { metadata } = value;
  return (
    typeof metadata === 'object' &&
    metadata !== null &&
    typeof (metadata as Partial<ObjectMetadata>).name === 'string' &&
    typeof (metadata as Partial<ObjectMetadata>).uid === 'string' &&
    typeof (metadata as Partial<ObjectMetadata>).resourceVersion === 'string'
  );
}
