import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from '../../kubernetes/api-client.ts';
import { publicKeyOf } from '../../test/harness/random-key.ts';
import { createKey, userOfKey } from './loaded-cluster.ts';

const tickMs = 50;

/** Creates so many further keys of the users that are there, at a steady rate. Gives the milliseconds that it took. */
export const importKeys = async (client: ApiClient, count: number, perSecond: number): Promise<number> => {
  const start = performance.now();
  const created: Promise<void>[] = [];
  while (created.length < count) {
    const due = Math.min(count, Math.floor(((performance.now() - start) / 1000) * perSecond));
    while (created.length < due) {
      const at = created.length;
      const creation = createKey(client, `imported-${at}`, publicKeyOf(`imported-${at}`), userOfKey(at));
      // Its failure is told in the end, with the first of all.
      creation.catch(() => {});
      created.push(creation);
    }
    await sleep(tickMs);
  }
  await Promise.all(created);
  return performance.now() - start;
};
