import type { Readable } from 'node:stream';
import { stderrCredit } from '../core/link/limits.ts';

export interface StderrForwarder {
  /** The gateway has room for so many bytes more. */
  grant(bytes: number): void;
  /** Sends a word of ours, if there is room for it. */
  say(text: string): void;
  /** After git's exit. Resolves when all was sent, or when nobody will send or take more. */
  drain(): Promise<void>;
  /** Drops what is left; repeatable. */
  stop(): void;
}

/** No honest gateway grants so much at once; bounds what one that is not can make us count. */
const maxCredit = 16 * stderrCredit;

/** For a stderr that stays open though git's whole process group is gone. */
const drainTimeoutMs = 2_000;

/**
 * Sends git's stderr as far as the gateway granted credit. It pulls instead of pausing: Node lets a paused stream flow
 * when its process exits, which would fill memory for a reader that is slow.
 */
export function createStderrForwarder(stderr: Readable, send: (bytes: Buffer) => void): StderrForwarder {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  let credit = stderrCredit;
  let idleTimer: NodeJS.Timeout | undefined;
  let draining = false;

  function forward(): void {
    while (credit > 0 && stderr.readableLength > 0) {
      const bytes: Buffer | null = stderr.read(Math.min(credit, stderr.readableLength));
      if (bytes === null) break;
      credit -= bytes.length;
      send(bytes);
    }
    // Lets the stream notice its end, which comes only with a read.
    if (credit > 0) stderr.read(0);
    clearTimeout(idleTimer);
    if (draining && credit > 0) idleTimer = setTimeout(stop, drainTimeoutMs);
  }

  function stop(): void {
    clearTimeout(idleTimer);
    resolve();
    stderr.destroy();
  }

  stderr.on('readable', forward);
  stderr.on('end', stop);
  stderr.on('close', stop);
  stderr.on('error', stop);
  return {
    grant(bytes) {
      credit = Math.min(credit + bytes, maxCredit);
      forward();
    },
    say(text) {
      const bytes = Buffer.from(text);
      if (bytes.length > credit) return;
      credit -= bytes.length;
      send(bytes);
    },
    drain() {
      draining = true;
      forward();
      return ended;
    },
    stop,
  };
}
