import { decodeManifest, manifestName } from '../../core/index/manifest.ts';
import { digestOf, type Manifest } from '../../core/index/shard.ts';
import type { StoredObject } from '../../kubernetes/kubernetes-object.ts';

/** What is kept of a shard that is in the cluster: enough to tell whether it is what we wrote. */
export type StoredShard = { readonly digest: string };
/** The manifest that is in the cluster; undefined if it cannot be read. */
export type StoredManifest = { readonly manifest: Manifest | undefined };
export type StoredPart = StoredShard | StoredManifest;

export const isStoredManifest = (part: StoredPart): part is StoredManifest => 'manifest' in part;

export function textOf({ spec }: StoredObject): string {
  const { data } = (spec ?? {}) as { readonly data?: unknown };
  return typeof data === 'string' ? data : '';
}

export function readStoredPart(object: StoredObject): StoredPart {
  const text = textOf(object);
  if (object.metadata.name === manifestName) return { manifest: decodeManifest(text) };
  return { digest: digestOf(text) };
}
