import { manifestName } from '../../core/index/manifest.ts';
import { decodeShard, type LoadedShard, type Manifest } from '../../core/index/shard.ts';
import { openShardSet, type ShardSet } from '../../core/index/shard-set.ts';
import type { ApiClient } from '../../kubernetes/api-client.ts';
import type { StoredObject } from '../../kubernetes/kubernetes-object.ts';
import { listAll } from '../../kubernetes/paginated-list.ts';
import { shardType } from '../resource-types.ts';
import { isStoredManifest, readStoredPart, textOf } from './stored-shard.ts';

/** What an operator finds when it begins to lead. */
export type Inheritance = {
  /** What the manifest names, to be built upon; without shards if any of them cannot be used. Undefined: no manifest. */
  readonly set: ShardSet | undefined;
  /** Of the manifest object, if there is one. */
  readonly manifestVersion: string | undefined;
  /** Why the index has to be written anew; for the log. */
  readonly damage: string | undefined;
};

type Part =
  | { readonly name: string; readonly version: string; readonly manifest: Manifest | undefined }
  | { readonly name: string; readonly shard: LoadedShard | undefined };

/** Reads the index that is in the cluster, all of it at one moment. */
export async function inherit(client: ApiClient, namespace: string, signal: AbortSignal): Promise<Inheritance> {
  // A page of shards may be as large as an answer may be.
  const { items } = await listAll(client, shardType, readPart, { namespace, signal, limit: 50 });
  const shards = new Map<string, LoadedShard>();
  for (const item of items) if ('shard' in item && item.shard !== undefined) shards.set(item.name, item.shard);
  const found = items.find((item) => 'manifest' in item);
  if (found === undefined || !('manifest' in found))
    return { set: undefined, manifestVersion: undefined, damage: undefined };
  const { manifest, version: manifestVersion } = found;
  if (manifest === undefined) return { set: undefined, manifestVersion, damage: 'the manifest is unreadable' };
  const opened = openShardSet(manifest, (name) => shards.get(name));
  if (opened.ok) return { set: opened.value, manifestVersion, damage: undefined };
  return { set: { manifest, bases: [], deltas: [] }, manifestVersion, damage: opened.error };
}

function readPart(object: StoredObject): Part {
  const { name, resourceVersion } = object.metadata;
  if (name !== manifestName) return { name, shard: decodeShard(textOf(object)) };
  const part = readStoredPart(object);
  return { name, version: resourceVersion, manifest: isStoredManifest(part) ? part.manifest : undefined };
}
