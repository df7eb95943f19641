import { decodeManifest, manifestName } from '../../core/index/manifest.ts';
import { decodeShard, type LoadedShard, type Manifest } from '../../core/index/shard.ts';
import type { StoredObject } from '../../kubernetes/kubernetes-object.ts';

/** What is kept of an object of the index: what its text says, not the text. Undefined where that cannot be read. */
export type StoredPart =
  | { readonly kind: 'Manifest'; readonly manifest: Manifest | undefined }
  | { readonly kind: 'Shard'; readonly shard: LoadedShard | undefined };

export function readStoredPart({ metadata, spec }: StoredObject): StoredPart {
  const { data } = (spec ?? {}) as { readonly data?: unknown };
  const text = typeof data === 'string' ? data : '';
  return metadata.name === manifestName
    ? { kind: 'Manifest', manifest: decodeManifest(text) }
    : { kind: 'Shard', shard: decodeShard(text) };
}
