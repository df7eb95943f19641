import { setTimeout as sleep } from 'node:timers/promises';
import { createChangeHints } from './change-hints.ts';
import { type Manifests, saysTheSame } from './manifests.ts';
import { lookAtManifests, readManifests } from './read-manifests.ts';

export type ManifestWatch = {
  /** Seconds since the folder was last known to be as in force; grows while it cannot be read. */
  ageSeconds(): number;
  /** Watches until the signal is aborted; then resolves, with whatever was being read left unread. */
  run(signal: AbortSignal): Promise<void>;
};

export type ManifestWatchOptions = {
  readonly directory: string;
  /** What was read at the start. */
  readonly initial: Manifests;
  /** Called with each reading that says something new, one at a time. A rejection ends `run`. */
  readonly onChange: (next: Manifests, previous: Manifests) => void | Promise<void>;
};

const pollMs = 200;
const maxPollMs = 10_000;
/** Looking at the folder takes at most this share of the time. */
const pollShare = 1 / 20;
const quietMs = 40;
const maxBurstMs = 250;

/**
 * Notices changes of a folder of manifests. The operating system's hints make it quick; polling makes it certain, since
 * there are no hints on network file systems, for targets of symbolic links, and when watches run out. A folder that
 * takes long to look through is polled less often.
 */
export function createManifestWatch({ directory, initial, onChange }: ManifestWatchOptions): ManifestWatch {
  let current = initial;
  let verifiedAt = performance.now();
  let hinted = false;
  let wake = (): void => {};

  /** Until there is a hint, the time has passed, or the signal is aborted. */
  const rest = (milliseconds: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => wake(), milliseconds);
      wake = () => {
        clearTimeout(timer);
        wake = () => {};
        resolve();
      };
      if (hinted || signal.aborted) wake();
    });

  /** Programs save in several steps: truncate, write, rename. Waits until there is nothing to be seen for a moment. */
  const settle = async (): Promise<void> => {
    const end = performance.now() + maxBurstMs;
    do {
      hinted = false;
      await sleep(quietMs);
    } while (hinted && performance.now() < end);
    hinted = false;
  };

  const read = async (signal: AbortSignal): Promise<void> => {
    await settle();
    const startedAt = performance.now();
    const next = await readManifests(directory, current, signal);
    if (next.isCurrent) verifiedAt = startedAt;
    const previous = current;
    current = next;
    if (!saysTheSame(previous, next)) await onChange(next, previous);
  };

  return {
    ageSeconds: () => (performance.now() - verifiedAt) / 1_000,
    async run(signal) {
      const hints = createChangeHints(() => {
        hinted = true;
        wake();
      });
      const onAbort = (): void => wake();
      signal.addEventListener('abort', onAbort);
      try {
        for (let pause = 0; !signal.aborted; ) {
          await rest(pause, signal);
          if (signal.aborted) return;
          hinted = false;
          const startedAt = performance.now();
          const { isChanged, folders } = await lookAtManifests(directory, current, signal);
          hints.follow(folders);
          const cost = performance.now() - startedAt;
          pause = Math.min(Math.max(pollMs, cost / pollShare), maxPollMs);
          if (isChanged) await read(signal);
          else if (current.isCurrent) verifiedAt = startedAt;
        }
      } catch (error) {
        if (!signal.aborted || error !== signal.reason) throw error;
      } finally {
        signal.removeEventListener('abort', onAbort);
        hints.close();
      }
    },
  };
}
