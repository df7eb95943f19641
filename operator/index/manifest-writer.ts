import type { Logger } from 'pino';
import { manifestName } from '../../core/index/manifest.ts';
import type { Manifest } from '../../core/index/shard.ts';
import { keyOf } from '../../kubernetes/kubernetes-object.ts';
import type { Store } from '../../kubernetes/store.ts';
import { DeposedError, type Mandate } from './leading.ts';
import { isForeignWrite, type ShardFiles } from './shard-files.ts';
import { isStoredManifest, readStoredPart, type StoredPart } from './stored-shard.ts';

export type ManifestWriter = {
  /**
   * Writes the manifest over the one that we know. What a person did to it, or an attempt of ours whose answer was lost,
   * is overwritten; rejects with a `DeposedError` if an operator of a later epoch wrote it.
   */
  write(manifest: Manifest): Promise<void>;
  /** Whether the reflector shows a manifest that is not ours, or that it has gone. */
  isForeign(): boolean;
  /** The revision that the reflector shows, whoever wrote it; 0: none. */
  readonly shownRevision: number;
  /** For a manifest of which nobody can tell the epoch: gateways begin anew with one of another UID. */
  discard(): Promise<void>;
};

/** As many versions of our own as may be on their way to the reflector. */
const maxVersions = 1_000;

/** `inherited`: the version of the manifest that the leader found. */
export function createManifestWriter(options: {
  readonly files: ShardFiles;
  readonly stored: Store<StoredPart>;
  readonly namespace: string;
  readonly inherited: string | undefined;
  readonly mandate: Mandate;
  readonly log: Logger;
}): ManifestWriter {
  const { files, stored, namespace, mandate, log } = options;
  const key = keyOf({ namespace, name: manifestName });
  const ours = new Set<string>();
  let version = options.inherited;
  let wasSeen = false;
  if (version !== undefined) ours.add(version);

  async function put(manifest: Manifest): Promise<void> {
    mandate.demand();
    version = await files.writeManifest(manifest, version, mandate.signal);
    ours.add(version);
    // Whatever the reflector shows at this moment is what was written over.
    const shown = stored.get(key);
    if (shown === undefined) wasSeen = false;
    else ours.add(shown.resourceVersion);
    const [oldest] = ours;
    if (ours.size > maxVersions && oldest !== undefined) ours.delete(oldest);
  }

  /** Makes the manifest that is there the one to write over. */
  async function adopt(manifest: Manifest): Promise<void> {
    const found = await files.readManifest(mandate.signal);
    version = found?.metadata.resourceVersion;
    if (found === undefined) return;
    const part = readStoredPart(found);
    const content = isStoredManifest(part) ? part.manifest : undefined;
    if (content !== undefined && content.epoch > manifest.epoch)
      throw new DeposedError('another operator has taken over');
    log.warn({ found: content?.revision, revision: manifest.revision }, 'the manifest of the index is written over');
  }

  return {
    async write(manifest) {
      try {
        await put(manifest);
      } catch (error) {
        if (!isForeignWrite(error)) throw error;
        await adopt(manifest);
        await put(manifest);
      }
    },
    isForeign() {
      const found = stored.get(key);
      if (found === undefined) return wasSeen;
      wasSeen = true;
      return !ours.has(found.resourceVersion);
    },
    get shownRevision() {
      const value = stored.get(key)?.value;
      return value !== undefined && isStoredManifest(value) ? (value.manifest?.revision ?? 0) : 0;
    },
    async discard() {
      mandate.demand();
      if (version !== undefined) await files.remove(manifestName, { resourceVersion: version }, mandate.signal);
      version = undefined;
    },
  };
}
