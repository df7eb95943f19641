import { encodeManifest, manifestName } from '../../core/index/manifest.ts';
import { encodeShard, type Manifest, type NamedShard } from '../../core/index/shard.ts';
import type { ApiClient, NewObject, Preconditions } from '../../kubernetes/api-client.ts';
import { ApiError, isAlreadyExists, isConflict, isNotFound } from '../../kubernetes/api-error.ts';
import type { StoredObject } from '../../kubernetes/kubernetes-object.ts';
import { fieldManager, shardType } from '../resource-types.ts';
import { textOf } from './stored-shard.ts';

/** The objects that make up the index in the cluster, written one by one. All may be repeated. */
export type ShardFiles = {
  /**
   * Afterwards a shard is there with just these contents, and nobody who saw it before can remove it. Gives the new
   * version.
   */
  write(shard: NamedShard, signal: AbortSignal): Promise<string>;
  /**
   * Writes the manifest over that version of it; undefined: there must be none. Rejects with a conflict (`isConflict`,
   * `isAlreadyExists`) if somebody else wrote it. Gives the new version.
   */
  writeManifest(manifest: Manifest, version: string | undefined, signal: AbortSignal): Promise<string>;
  readManifest(signal: AbortSignal): Promise<StoredObject | undefined>;
  /** False: there was none, or another than the preconditions have it. */
  remove(name: string, preconditions: Preconditions, signal: AbortSignal): Promise<boolean>;
};

const labels = { 'app.kubernetes.io/managed-by': 'git-ingress', 'app.kubernetes.io/component': 'access-index' };

export function createShardFiles(client: ApiClient, namespace: string): ShardFiles {
  const object = (name: string, data: string, resourceVersion?: string): NewObject => ({
    metadata: { name, namespace, labels, ...(resourceVersion !== undefined && { resourceVersion }) },
    spec: { data },
  });
  const options = (signal: AbortSignal) => ({ fieldManager, signal });

  return {
    async write(shard, signal) {
      const text = encodeShard(shard);
      try {
        const written = await client.create(shardType, object(shard.name, text), options(signal));
        return written.metadata.resourceVersion;
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
        const written = await overwrite(shard.name, text, signal);
        return written.metadata.resourceVersion;
      }
    },
    async writeManifest(manifest, version, signal) {
      const file = object(manifestName, encodeManifest(manifest), version);
      const written =
        version === undefined
          ? await client.create(shardType, file, options(signal))
          : await client.replace(shardType, file, options(signal));
      return written.metadata.resourceVersion;
    },
    readManifest: (signal) => client.get(shardType, { namespace, name: manifestName }, { signal }),
    async remove(name, preconditions, signal) {
      try {
        return await client.remove(shardType, { namespace, name }, { ...preconditions, signal });
      } catch (error) {
        if (isConflict(error)) return false;
        throw error;
      }
    },
  };

  /**
   * A shard of that name is there: what an earlier attempt or an earlier operator left, or what somebody edited. It gets
   * a new version in any case, so that an operator that was stopped while it removed the shard does not do so later.
   */
  async function overwrite(name: string, text: string, signal: AbortSignal): Promise<StoredObject> {
    const found = await client.get(shardType, { namespace, name }, { signal });
    // Removed meanwhile.
    if (found === undefined) return client.create(shardType, object(name, text), options(signal));
    const { resourceVersion } = found.metadata;
    const touched = { 'gitingress.dev/taken-over-at': resourceVersion };
    const file = object(name, text, resourceVersion);
    const metadata = { ...file.metadata, annotations: textOf(found) === text ? touched : {} };
    return client.replace(shardType, { ...file, metadata }, options(signal));
  }
}

/** Another operator, or a person, wrote the manifest. */
export const isForeignWrite = (error: unknown): boolean =>
  isConflict(error) || isAlreadyExists(error) || isNotFound(error);

/** What the API server says of no request in particular, or of the state of things: 404 and 410 of a kind that has gone. */
const passing: readonly number[] = [401, 404, 408, 409, 410, 429];

/** It would be refused again: too large, invalid, or forbidden by an admission policy. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof ApiError && error.status >= 400 && error.status < 500 && !passing.includes(error.status);
