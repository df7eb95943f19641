import { isDeepStrictEqual } from 'node:util';
import type { Manifest } from '../../core/index/shard.ts';

/** A manifest, and the object that holds it. */
export type HeldManifest = {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly manifest: Manifest;
};

/**
 * How a manifest stands to the one in use. `Older` is whatever an operator that was deposed could have written: a lower
 * epoch, a lower revision of the same one, or the same revision with other shards.
 *
 * Epochs are compared only as long as it is one and the same object. A manifest with another UID was made after the one
 * in use had been removed, which is how an operator begins anew, and how everything begins after a disaster.
 */
export function compareManifests(inUse: HeldManifest, stored: HeldManifest): 'Newer' | 'Same' | 'Older' {
  if (stored.uid !== inUse.uid) return 'Newer';
  const [before, after] = [inUse.manifest, stored.manifest];
  const ahead = after.epoch - before.epoch || after.revision - before.revision;
  if (ahead !== 0) return ahead > 0 ? 'Newer' : 'Older';
  return isDeepStrictEqual(after.shards, before.shards) ? 'Same' : 'Older';
}
