import { setTimeout as sleep } from 'node:timers/promises';

type FollowOptions<Value> = {
  /** What is in use: as it was read before. */
  readonly first: Value;
  readonly read: () => Promise<Value>;
  /** The same for values that mean the same. */
  readonly idOf: (value: Value) => string;
  readonly onChange: (value: Value) => void;
  /** Called once for each outage; what was read last stays in use. */
  readonly onFault: (error: unknown) => void;
  /** Ends the following. */
  readonly signal: AbortSignal;
  readonly pauseMs?: number;
};

const defaultPauseMs = 3_000;

/**
 * Reads something again every 3 s, and tells when it has changed: a file of a mounted Secret, say, which the kubelet
 * replaces behind symbolic links that no watch of a file follows. Resolves when the signal is aborted. Never rejects.
 */
export async function followChanges<Value>(options: FollowOptions<Value>): Promise<void> {
  const { first, read, idOf, onChange, onFault, signal, pauseMs = defaultPauseMs } = options;
  let id = idOf(first);
  let isFaulty = false;
  for (;;) {
    await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) return;
    try {
      const value = await read();
      isFaulty = false;
      if (signal.aborted || idOf(value) === id) continue;
      id = idOf(value);
      onChange(value);
    } catch (error) {
      if (!isFaulty) onFault(error);
      isFaulty = true;
    }
  }
}
