import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { keyOf, type ObjectKey } from '../../core/api/object-key.ts';
import type { Resource } from '../../core/api/resource.ts';
import type { Name } from '../../core/index/names.ts';
import { namesNotedOf } from '../../core/index/notes.ts';

/**
 * Finds the objects that speak of users, groups and repositories that came or went. Nothing but the notes in their
 * statuses hangs on that, so it keeps no book of who speaks of whom, which would cost memory and a share of every change:
 * it looks through all of them, a little at a time, once for all names that came or went meanwhile.
 */
export type MentionSearch = {
  /** These names came or went. */
  add(names: Iterable<Name>): void;
  /** Resolves when the signal has ended it. */
  readonly closed: Promise<void>;
};

type MentionSearchOptions = {
  /** All who may be found; others may come and go while they are iterated over. */
  readonly resources: () => Iterable<Resource>;
  readonly onFound: (object: ObjectKey) => void;
  readonly signal: AbortSignal;
};

/** Between two searches: an import of users is followed by a few searches, not by one for each. */
const pauseMs = 500;
/** Then others have their turn, a revocation first of all. */
const maxTurnMs = 5;

export function startMentionSearch({ resources, onFound, signal }: MentionSearchOptions): MentionSearch {
  let names = new Set<Name>();
  let wake = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => wake.resolve(), { once: true });

  async function search(sought: ReadonlySet<Name>): Promise<void> {
    let turnEndsAt = performance.now() + maxTurnMs;
    for (const resource of resources()) {
      if (signal.aborted) return;
      if (namesNotedOf(resource).some((name) => sought.has(name))) onFound(keyOf(resource));
      if (performance.now() < turnEndsAt) continue;
      await setImmediate();
      turnEndsAt = performance.now() + maxTurnMs;
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      await wake.promise;
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
      wake = Promise.withResolvers();
      const sought = names;
      names = new Set();
      await search(sought);
    }
  }

  return {
    add(changed) {
      for (const name of changed) names.add(name);
      if (names.size > 0) wake.resolve();
    },
    closed: run(),
  };
}
