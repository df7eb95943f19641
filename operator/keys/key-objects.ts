import type { ApiClient } from '../../kubernetes/api-client.ts';
import type { StoredObject } from '../../kubernetes/kubernetes-object.ts';
import type { ObjectName, ResourceType } from '../../kubernetes/resource-type.ts';

const core = { group: '', version: 'v1', namespaced: true };
export const secretType: ResourceType = { ...core, plural: 'secrets', kind: 'Secret' };
export const configMapType: ResourceType = { ...core, plural: 'configmaps', kind: 'ConfigMap' };

const ownerLabel = 'app.kubernetes.io/managed-by';
const owner = 'git-ingress';

/** On whatever we make. */
export const labelsOf = (release: string): Readonly<Record<string, string>> => ({
  'app.kubernetes.io/name': 'git-ingress',
  'app.kubernetes.io/instance': release,
  [ownerLabel]: owner,
});

/** A Secret, as much of it as plans look at. */
export type KeySecret = {
  readonly uid: string;
  readonly resourceVersion: string;
  /** Whether we made it. Nothing is ever written into one that somebody else made. */
  readonly isOurs: boolean;
  readonly annotations: Readonly<Record<string, string>>;
  /** The text behind each key. */
  readonly data: Readonly<Record<string, string>>;
};

/** A ConfigMap with what everybody may know. */
export type PublishedKeys = {
  readonly resourceVersion: string;
  readonly data: Readonly<Record<string, string>>;
};

/** Undefined: there is none. */
export async function readSecret(client: ApiClient, name: ObjectName, signal: AbortSignal) {
  const object = await client.get(secretType, name, { signal });
  return object && asSecret(object);
}

/** Undefined: there is none. */
export async function readPublishedKeys(
  client: ApiClient,
  name: ObjectName,
  signal: AbortSignal,
): Promise<PublishedKeys | undefined> {
  const object = await client.get(configMapType, name, { signal });
  return object && { resourceVersion: object.metadata.resourceVersion, data: textsOf(object) };
}

function asSecret(object: StoredObject): KeySecret {
  const { uid, resourceVersion, labels, annotations = {} } = object.metadata;
  const data = Object.entries(textsOf(object)).map(([key, base64]) => [key, decode(base64)]);
  return { uid, resourceVersion, isOurs: labels?.[ownerLabel] === owner, annotations, data: Object.fromEntries(data) };
}

/** The API server vouches for the types: both kinds map strings to strings. */
const textsOf = (object: StoredObject): Readonly<Record<string, string>> =>
  (object.data ?? {}) as Readonly<Record<string, string>>;

const decode = (base64: string): string => Buffer.from(base64, 'base64').toString();

/** As a Secret's `data` has it; null removes a key in a merge patch. */
export const encodeData = (data: Readonly<Record<string, string | null>>): Readonly<Record<string, string | null>> =>
  Object.fromEntries(
    Object.entries(data).map(([key, text]) => [key, text === null ? null : Buffer.from(text).toString('base64')]),
  );
