import { setTimeout as sleep } from 'node:timers/promises';
import { manifestName } from '../../core/index/manifest.ts';
import type { StoredObject } from '../../kubernetes/kubernetes-object.ts';
import { shardType } from '../../operator/resource-types.ts';
import type { Scope } from '../../test/harness/server-process.ts';
import type { Release } from './cluster.ts';

/** What was written of the index since somebody began to watch. */
export type IndexWrites = { bases: number; deltas: number; manifests: number; bytes: number };

/** Watches the index from outside, as a gateway does: whatever is written there, by whomever, is counted. */
export const watchIndexWrites = async (scope: Scope, { client, namespace }: Release): Promise<IndexWrites> => {
  const ending = new AbortController();
  scope.after(() => ending.abort());
  const { signal } = ending;
  const writes: IndexWrites = { bases: 0, deltas: 0, manifests: 0, bytes: 0 };
  const { resourceVersion } = await client.listPage(shardType, { namespace, limit: 1 });
  const watch = await client.watch(shardType, { namespace, resourceVersion, timeoutSeconds: 3_600, signal });
  void (async () => {
    for await (const events of watch) {
      for (const event of events) {
        if (event.type === 'ADDED' || event.type === 'MODIFIED') count(writes, event.object);
      }
    }
  })().catch((error: unknown) => {
    // What it would have counted from here on is missing: no figure is to be made of it.
    if (!signal.aborted) throw error;
  });
  return writes;
};

/** Longer than the operator saves up what it may write for folding. */
const quietMs = 6_000;

/** Waits until nothing has been written for a while. */
export const untilIndexIsQuiet = async (writes: IndexWrites): Promise<void> => {
  for (let before = -1; before !== writes.manifests; await sleep(quietMs)) before = writes.manifests;
};

const count = (writes: IndexWrites, { metadata, spec }: StoredObject): void => {
  const { data } = spec as { readonly data: string };
  if (metadata.name === manifestName) writes.manifests += 1;
  else if (metadata.name.startsWith('delta-')) writes.deltas += 1;
  else writes.bases += 1;
  writes.bytes += Buffer.byteLength(data);
};
