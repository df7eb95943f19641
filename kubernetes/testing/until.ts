import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for a condition; rejects when it does not hold after 10 s. */
export async function until(condition: () => boolean): Promise<void> {
  for (const end = performance.now() + 10_000; !condition(); await sleep(5))
    if (performance.now() > end) throw new Error(`waited in vain for ${condition}`);
}
