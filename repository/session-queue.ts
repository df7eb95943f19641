/** A place in the server, from ticket to last byte. */
export interface SessionPlace {
  /** Resolves in turn, when git may run; rejects with the signal's reason. */
  wait(signal: AbortSignal): Promise<void>;
  /** git ended: the next may run. Repeatable. */
  leaveProcess(): void;
  /** The session is over. Repeatable. */
  leave(): void;
}

interface SessionQueue {
  /** Undefined: as many sessions as may are here already, of this owner or of all. */
  enter(owner: string): SessionPlace | undefined;
}

/** Nobody has more than this of what runs and of what waits: sessions may last for hours, and others must get in. */
const shareOf = (places: number): number => Math.ceil(places / 2);

/** First come, first served, as long as an owner has not its share already. `onChange` is told how many wait and run. */
export function createSessionQueue(
  bounds: { readonly maxRunning: number; readonly maxQueued: number },
  onChange: (queued: number, running: number) => void,
): SessionQueue {
  const waiting = new Map<() => void, string>();
  const presentOf = createTally();
  const runningOf = createTally();
  let present = 0;
  let running = 0;

  function startWaiting(): void {
    for (const [start, owner] of waiting) {
      if (running >= bounds.maxRunning) break;
      if (runningOf.count(owner) >= shareOf(bounds.maxRunning)) continue;
      waiting.delete(start);
      running += 1;
      runningOf.add(owner, 1);
      start();
    }
    onChange(waiting.size, running);
  }

  function createPlace(owner: string): SessionPlace {
    let holdsProcess = false;
    let isPresent = true;

    function leaveProcess(): void {
      if (!holdsProcess) return;
      holdsProcess = false;
      running -= 1;
      runningOf.add(owner, -1);
      startWaiting();
    }

    return {
      wait(signal) {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        function start(): void {
          signal.removeEventListener('abort', giveUp);
          holdsProcess = true;
          resolve();
        }
        function giveUp(): void {
          waiting.delete(start);
          onChange(waiting.size, running);
          reject(signal.reason);
        }
        if (signal.aborted) return Promise.reject(signal.reason);
        signal.addEventListener('abort', giveUp, { once: true });
        waiting.set(start, owner);
        startWaiting();
        return promise;
      },
      leaveProcess,
      leave() {
        leaveProcess();
        if (!isPresent) return;
        isPresent = false;
        present -= 1;
        presentOf.add(owner, -1);
      },
    };
  }

  return {
    enter(owner) {
      const places = bounds.maxRunning + bounds.maxQueued;
      if (present >= places || presentOf.count(owner) >= shareOf(places)) return undefined;
      present += 1;
      presentOf.add(owner, 1);
      return createPlace(owner);
    },
  };
}

/** Counts by name, and forgets names at zero. */
function createTally(): { count(name: string): number; add(name: string, change: 1 | -1): void } {
  const counts = new Map<string, number>();
  return {
    count: (name) => counts.get(name) ?? 0,
    add(name, change) {
      const count = (counts.get(name) ?? 0) + change;
      if (count > 0) counts.set(name, count);
      else counts.delete(name);
    },
  };
}
