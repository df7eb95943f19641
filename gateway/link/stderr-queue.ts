import { stderrCredit } from '../../core/link/limits.ts';

/** What the server sent of a session's stderr, and its reader has not taken. Never more than the credit. */
interface StderrQueue {
  /** Takes what arrived, and delivers if the reader wants it. `false`: the server sent more than it was granted. */
  push(bytes: Buffer): boolean;
  /** The reader wants more. */
  resume(): void;
  readonly empty: boolean;
}

/** Credit is granted in pieces of this size, not for each line of progress. */
const grantSize = stderrCredit / 4;

/**
 * Begins paused. `take` is the reader: `false` stops delivery until `resume()`. `grant` tells the server of room.
 */
export function createStderrQueue(take: (bytes: Buffer) => boolean, grant: (bytes: number) => void): StderrQueue {
  const queue: Buffer[] = [];
  let credit = stderrCredit;
  let taken = 0;
  let wanted = false;

  function deliver(): void {
    while (wanted) {
      const bytes = queue.shift();
      if (bytes === undefined) return;
      taken += bytes.length;
      wanted = take(bytes);
      if (taken < grantSize) continue;
      credit += taken;
      grant(taken);
      taken = 0;
    }
  }

  return {
    push(bytes) {
      credit -= bytes.length;
      if (credit < 0) return false;
      if (bytes.length > 0) queue.push(bytes);
      deliver();
      return true;
    },
    resume() {
      wanted = true;
      deliver();
    },
    get empty() {
      return queue.length === 0;
    },
  };
}
