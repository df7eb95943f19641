/** Where a connection's bytes come from; may be told to wait. */
type Source = { pause(): unknown; resume(): unknown };

/**
 * A client that asks and does not read is no longer listened to, until it has read.
 * @param queued bytes that wait for the client. @param maxQueued how many may, from now on.
 * @returns to be called whenever either may have changed.
 */
export function createReadBalance(source: Source, queued: () => number, maxQueued: () => number): () => void {
  let paused = false;
  return () => {
    if (!paused && queued() > maxQueued()) {
      paused = true;
      source.pause();
    } else if (paused && queued() <= maxQueued() / 2) {
      paused = false;
      source.resume();
    }
  };
}
