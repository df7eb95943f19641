import type { Clock } from './clock.ts';
import type { Emit, SessionTermination } from './events.ts';
import type { AccessIndexSource } from './ports.ts';

/** Something live that a change of the index, or time alone, may end. */
export type Watched = {
  /** The index has changed. */
  recheck(): void;
  /** Some time has passed. */
  tick(clock: Clock): void;
  /** One of these threw: it ends, for nobody knows whether it may go on. Repeatable. */
  fail(cause: unknown): void;
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
export function createWatchList(source: AccessIndexSource, clock: Clock, emit: Emit): WatchList {
  const list = new Set<Watched>();

  /** A check that throws keeps nobody else from being checked: what ends their sessions may be a revocation. */
  function each(check: (watched: Watched) => void): void {
    // Newest first: a session says why it ends before its connection goes.
    for (const watched of [...list].reverse()) {
      try {
        check(watched);
      } catch (cause) {
        end(watched, cause);
        emit({ type: 'CheckFailed', cause });
      }
    }
  }

  const unsubscribe = source.subscribe(() => each((watched) => watched.recheck()));
  const timer = setInterval(() => each((watched) => watched.tick(clock)), tickIntervalMs);
  return {
    add(watched) {
      list.add(watched);
      return () => list.delete(watched);
    },
    terminateSessions(termination, why) {
      each((watched) => isTerminable(watched) && watched.terminate(termination, why));
    },
    get sessions() {
      return [...list].filter(isTerminable).length;
    },
    close() {
      unsubscribe();
      clearInterval(timer);
    },
  };
}

function end(watched: Watched, cause: unknown): void {
  try {
    watched.fail(cause);
  } catch (error) {
    // It can be neither checked nor ended. What nobody catches ends the process, and this with it.
    setImmediate(() => {
      throw error;
    });
  }
}

const isTerminable = (watched: Watched): watched is Terminable => 'terminate' in watched;
