import type { Clock } from './clock.ts';
import type { SessionTermination } from './events.ts';
import type { AccessIndexSource } from './ports.ts';

/** Something live that a change of the index, or time alone, may end. */
export type Watched = {
  /** The index has changed. */
  recheck(): void;
  /** Some time has passed. */
  tick(clock: Clock): void;
};

/** A session, which can also be ended from outside; repeatable. */
export type Terminable = Watched & { terminate(termination: SessionTermination, why: string): void };

export type WatchList = {
  /** Returns what takes it off the list again. */
  add(watched: Watched): () => void;
  /** Ends every session. */
  terminateSessions(termination: SessionTermination, why: string): void;
  readonly sessions: number;
  close(): void;
};

/** Half of what a live session may outlast its permission, so that expiry takes hold within the second. */
const tickIntervalMs = 500;

/** Keeps everything that is live under the eyes of the index. */
export function createWatchList(source: AccessIndexSource, clock: Clock): WatchList {
  const list = new Set<Watched>();
  // Newest first: a session says why it ends before its connection goes.
  const newestFirst = (): readonly Watched[] => [...list].reverse();
  const sessions = (): readonly Terminable[] => newestFirst().filter(isTerminable);
  const unsubscribe = source.subscribe(() => {
    for (const watched of newestFirst()) watched.recheck();
  });
  const timer = setInterval(() => {
    for (const watched of newestFirst()) watched.tick(clock);
  }, tickIntervalMs);
  return {
    add(watched) {
      list.add(watched);
      return () => list.delete(watched);
    },
    terminateSessions(termination, why) {
      for (const session of sessions()) session.terminate(termination, why);
    },
    get sessions() {
      return sessions().length;
    },
    close() {
      unsubscribe();
      clearInterval(timer);
    },
  };
}

const isTerminable = (watched: Watched): watched is Terminable => 'terminate' in watched;
