import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { manifestName } from '../../core/index/manifest.ts';
import type { Manifest } from '../../core/index/shard.ts';
import type { ShardSet } from '../../core/index/shard-set.ts';
import { keyOf } from '../../kubernetes/kubernetes-object.ts';
import type { Store } from '../../kubernetes/store.ts';
import { DeposedError, type Mandate } from './leading.ts';
import { isForeignWrite, type ShardFiles } from './shard-files.ts';
import { isStoredManifest, readStoredPart, type StoredPart } from './stored-shard.ts';

export type ManifestWriter = {
  /**
   * Writes the manifest of a revision over the one that we know, or over what a person made of it. Gives the revision that
   * stands there now: this one, or an earlier one of ours whose answer was lost. That one is not written over, for what it
   * revoked would be granted again by a revision that does not build upon it. Rejects with a `DeposedError` if another
   * operator wrote it.
   */
  write(revision: ShardSet): Promise<ShardSet>;
  /** Whether the reflector shows a manifest that is not ours, or that it has gone. */
  isForeign(): boolean;
  /** The revision that the reflector shows, whoever wrote it; 0: none. */
  readonly shownRevision: number;
  /** For a manifest of which nobody can tell the epoch: gateways begin anew with one of another UID. */
  discard(): Promise<void>;
};

/** As many versions of our own as may be on their way to the reflector. */
const maxVersions = 1_000;
/** Attempts without an answer that are known again. With one from before these, an operator begins anew. */
const maxUnanswered = 16;

export function createManifestWriter(options: {
  readonly files: ShardFiles;
  readonly stored: Store<StoredPart>;
  readonly namespace: string;
  /** The version of the manifest that the leader found. */
  readonly inherited: string | undefined;
  /** The holder of the Lease. */
  readonly identity: string;
  readonly mandate: Mandate;
  readonly log: Logger;
}): ManifestWriter {
  const { files, stored, namespace, identity, mandate, log } = options;
  const key = keyOf({ namespace, name: manifestName });
  const ours = new Set<string>();
  let version = options.inherited;
  let wasSeen = false;
  let unanswered: ShardSet[] = [];
  /** The last revision that we know we wrote. */
  let written = 0;
  if (version !== undefined) ours.add(version);

  function settle({ manifest }: ShardSet): void {
    written = manifest.revision;
    unanswered = [];
  }

  async function put(revision: ShardSet): Promise<void> {
    mandate.demand();
    if (!unanswered.includes(revision)) unanswered = [...unanswered, revision].slice(-maxUnanswered);
    version = await files.writeManifest({ ...revision.manifest, writer: identity }, version, mandate.signal);
    settle(revision);
    ours.add(version);
    // Whatever the reflector shows at this moment is what was written over.
    const shown = stored.get(key);
    if (shown === undefined) wasSeen = false;
    else ours.add(shown.resourceVersion);
    const [oldest] = ours;
    if (ours.size > maxVersions && oldest !== undefined) ours.delete(oldest);
  }

  /** Makes the manifest that is there the one to write over. Gives the revision that it is, if it is one of ours. */
  async function adopt({ epoch, revision }: Manifest): Promise<ShardSet | undefined> {
    const found = await files.readManifest(mandate.signal);
    version = found?.metadata.resourceVersion;
    const part = found && readStoredPart(found);
    const content = part && isStoredManifest(part) ? part.manifest : undefined;
    const earlier = content && judge(content, epoch);
    if (earlier !== undefined && version !== undefined) {
      settle(earlier);
      ours.add(version);
      log.info({ revision: written }, 'a revision whose answer was lost is published');
      return earlier;
    }
    // Besides the one at hand: gateways may have seen it before somebody wrote over it.
    if (unanswered.length > 1) throw new DeposedError('nobody knows what gateways have seen');
    log.warn({ found: content?.revision, revision }, 'the manifest of the index is written over');
    return undefined;
  }

  /** Undefined: a person altered it. */
  function judge(content: Manifest, epoch: number): ShardSet | undefined {
    if (content.epoch > epoch) throw new DeposedError('another operator has taken over');
    // Of our predecessor, from after our look at the index: to build upon that look would undo what it revoked.
    if (content.epoch < epoch && written === 0) throw new DeposedError('the index was written while it was taken over');
    if (content.epoch < epoch || content.writer === undefined) return undefined;
    if (content.writer !== identity) throw new DeposedError('another operator has taken over at the same time');
    const earlier = unanswered.find(({ manifest }) => manifest.revision === content.revision);
    if (earlier !== undefined && isDeepStrictEqual(earlier.manifest.shards, content.shards)) return earlier;
    if (content.revision > written) throw new DeposedError('the manifest is ours, but nobody knows of what');
    return undefined;
  }

  return {
    async write(revision) {
      try {
        await put(revision);
      } catch (error) {
        if (!isForeignWrite(error)) throw error;
        const earlier = await adopt(revision.manifest);
        if (earlier !== undefined) return earlier;
        await put(revision);
      }
      return revision;
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
