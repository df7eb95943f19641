import type { Logger } from 'pino';
import { type AccessIndex, type LoadedShards, loadIndex } from '../../core/index/access-index.ts';
import type { LoadedShard, Manifest } from '../../core/index/shard.ts';
import type { Clock } from '../clock.ts';
import { compareManifests, type HeldManifest } from './succession.ts';

export type LoadedIndexOptions = {
  /** The manifest that is stored, which perhaps cannot be read; undefined: there is none. */
  readonly stored: () => StoredManifest | undefined;
  readonly shardOf: (name: string) => LoadedShard | undefined;
  /** A revision was taken up, or its manifest has another resource version now. */
  readonly onVersion: (resourceVersion: string) => void;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long the API server must stand by an older manifest before it is taken up all the same, in milliseconds. */
  readonly settleMs: number;
};

type StoredManifest = Omit<HeldManifest, 'manifest'> & { readonly manifest: Manifest | undefined };

/** The revision in use, and its successors. */
export type LoadedIndex = {
  readonly current: AccessIndex | undefined;
  subscribe(onSwap: (index: AccessIndex) => void): () => void;
  /** Takes up what is stored, whole or not at all. `isConfirmed`: the API server has just said that this is what it has. */
  follow(isConfirmed?: boolean): void;
};

type InUse = HeldManifest & { readonly index: AccessIndex; readonly shards: LoadedShards };

/**
 * Loads one revision after the other, never backwards: an operator that has been deposed changes nothing, whatever it
 * still writes. An older manifest is nevertheless taken up when the API server stands by it for longer than any deposed
 * operator lives: etcd was then restored from a backup, and what it says is what holds, to whoever revokes a key from
 * now on too. What cannot be loaded leaves the revision in use, and is tried again with each further event.
 */
export function createLoadedIndex(options: LoadedIndexOptions): LoadedIndex {
  const { stored, shardOf, onVersion, clock, log, settleMs } = options;
  const subscribers = new Set<(index: AccessIndex) => void>();
  let inUse: InUse | undefined;
  let olderSince: number | undefined;
  /** The version that was complained of last. */
  let complained: string | undefined;

  function complain({ resourceVersion, manifest }: StoredManifest, why: string): void {
    if (complained === resourceVersion) return;
    complained = resourceVersion;
    const found = manifest && { epoch: manifest.epoch, revision: manifest.revision };
    log.warn({ ...found, inUse: inUse?.index.revision, why }, 'a revision of the index cannot be taken up');
  }

  /** Whether a manifest that is older than the one in use has to be taken up all the same. */
  function isSettled(isConfirmed: boolean): boolean {
    olderSince ??= clock.steady();
    return isConfirmed && clock.steady() - olderSince >= settleMs;
  }

  function load(held: HeldManifest): void {
    const loaded = loadIndex(held.manifest, shardOf, inUse?.shards);
    if (!loaded.ok) {
      complain(held, loaded.error);
      return;
    }
    const { epoch, revision } = held.manifest;
    const message = 'a revision of the index is in use';
    if (inUse === undefined || inUse.manifest.epoch !== epoch) log.info({ epoch, revision }, message);
    else log.debug({ epoch, revision }, message);
    inUse = { ...held, ...loaded.value };
    olderSince = undefined;
    complained = undefined;
    onVersion(held.resourceVersion);
    for (const subscriber of subscribers) {
      try {
        subscriber(inUse.index);
      } catch (error) {
        // The others have to hear of it all the same.
        log.error({ err: error, epoch, revision }, 'whoever follows the index failed to take up a revision');
      }
    }
  }

  return {
    get current() {
      return inUse?.index;
    },
    subscribe(onSwap) {
      subscribers.add(onSwap);
      return () => subscribers.delete(onSwap);
    },
    follow(isConfirmed = false) {
      const found = stored();
      if (found === undefined) return;
      if (found.manifest === undefined) {
        complain(found, 'the manifest cannot be read: it is damaged, or of another version');
        return;
      }
      const held: HeldManifest = { ...found, manifest: found.manifest };
      const succession = inUse === undefined ? 'Newer' : compareManifests(inUse, held);
      if (inUse !== undefined && succession === 'Same') {
        olderSince = undefined;
        if (inUse.resourceVersion === held.resourceVersion) return;
        inUse = { ...inUse, resourceVersion: held.resourceVersion };
        onVersion(held.resourceVersion);
      } else if (succession === 'Newer' || isSettled(isConfirmed)) load(held);
      else complain(held, 'it is older than the one in use');
    },
  };
}
