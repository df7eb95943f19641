import { createByteQueue } from './byte-queue.ts';
import { SshFault } from './fault.ts';

/** One of a channel's two outputs. What cannot go at once waits in a queue of its own. */
export interface Lane {
  /** Takes all of `bytes`. `false`: nothing more, please, until `onDrain`. */
  write(bytes: Buffer): boolean;
  /** Sends what waits; calls `onDrain` if a writer was told to stop and may go on. */
  pump(): void;
  readonly empty: boolean;
  clear(): void;
}

/** A writer that goes on after `false` is a fault of ours; before it fills the memory, its connection ends. */
const maxQueued = 8 * 1024 * 1024;

/**
 * @param send takes as many bytes as may go now, and says how many.
 * @param isCongested whether enough waits for the kernel already.
 */
export function createLane(send: (bytes: Buffer) => number, isCongested: () => boolean, onDrain: () => void): Lane {
  const queue = createByteQueue();
  let stopped = false;

  return {
    write: (bytes) => {
      const taken = queue.length === 0 ? send(bytes) : 0;
      if (taken < bytes.length) queue.append(bytes.subarray(taken));
      if (queue.length > maxQueued) throw new SshFault('SSH_HANDLER_FAILED', 'a writer ignored back-pressure');
      stopped = queue.length > 0 || isCongested();
      return !stopped;
    },
    pump: () => {
      while (queue.length > 0) {
        const taken = send(queue.peek());
        if (taken === 0) return;
        queue.drop(taken);
      }
      if (!stopped || isCongested()) return;
      stopped = false;
      onDrain();
    },
    get empty() {
      return queue.length === 0;
    },
    clear: () => {
      queue.clear();
      stopped = false;
    },
  };
}
