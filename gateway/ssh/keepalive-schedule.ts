/** When a client that is silent is asked for a sign of life, and when it is given up. */
export interface KeepaliveSchedule {
  /** Something came from the client, whatever it was. */
  hear(): void;
  /** An interval has passed. `Probe`: ask; `GiveUp`: the client is gone. */
  beat(): 'Probe' | 'GiveUp';
}

/** @param maxMissed questions in a row after which, with no word from it, a client is gone. */
export function createKeepaliveSchedule(maxMissed: number): KeepaliveSchedule {
  let heard = false;
  let unanswered = 0;

  return {
    hear: () => {
      heard = true;
    },
    beat: () => {
      if (heard) unanswered = 0;
      heard = false;
      if (unanswered >= maxMissed) return 'GiveUp';
      unanswered += 1;
      return 'Probe';
    },
  };
}
