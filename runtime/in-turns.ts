import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long the event loop may be held at a time: sessions share it. */
const maxTurnMs = 10;

/**
 * Visits each item, and lets others have the event loop now and then, where there may be very many items. Rejects with
 * the reason of `signal` once that is aborted, and with whatever `visit` throws.
 */
export async function inTurns<Item>(
  items: Iterable<Item>,
  signal: AbortSignal | undefined,
  visit: (item: Item) => void,
): Promise<void> {
  signal?.throwIfAborted();
  let turnEnds = performance.now() + maxTurnMs;
  for (const item of items) {
    visit(item);
    if (performance.now() < turnEnds) continue;
    await nextTurn();
    signal?.throwIfAborted();
    turnEnds = performance.now() + maxTurnMs;
  }
}
