/** A place in the server, from ticket to last byte. */
export interface SessionPlace {
  /** Resolves in turn, when git may run; rejects with the signal's reason. */
  wait(signal: AbortSignal): Promise<void>;
  /** git ended: the next may run. Repeatable. */
  leaveProcess(): void;
  /** The session is over. Repeatable. */
  leave(): void;
}

export interface SessionQueue {
  /** Undefined: as many sessions as may are here already. */
  enter(): SessionPlace | undefined;
}

/** First come, first served. `onChange` is told how many wait and how many run. */
export function createSessionQueue(
  bounds: { readonly maxRunning: number; readonly maxQueued: number },
  onChange: (queued: number, running: number) => void,
): SessionQueue {
  const waiting = new Set<() => void>();
  let present = 0;
  let running = 0;

  function startWaiting(): void {
    for (const start of waiting) {
      if (running >= bounds.maxRunning) break;
      waiting.delete(start);
      running += 1;
      start();
    }
    onChange(waiting.size, running);
  }

  function createPlace(): SessionPlace {
    let holdsProcess = false;
    let isPresent = true;

    function leaveProcess(): void {
      if (!holdsProcess) return;
      holdsProcess = false;
      running -= 1;
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
        waiting.add(start);
        startWaiting();
        return promise;
      },
      leaveProcess,
      leave() {
        leaveProcess();
        if (!isPresent) return;
        isPresent = false;
        present -= 1;
      },
    };
  }

  return {
    enter() {
      if (present >= bounds.maxRunning + bounds.maxQueued) return undefined;
      present += 1;
      return createPlace();
    },
  };
}
