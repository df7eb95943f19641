import { write } from 'node:fs';

/** Takes log lines for a file descriptor, without ever making the caller wait. */
export type LogSink = {
  write(line: string): void;
  /** Lines that were thrown away, because the reader is gone or too slow. */
  readonly dropped: number;
  /** Its reader is gone for good, or lines were thrown away within the last minute. */
  readonly isLosing: boolean;
  /** Resolves when all that was written is out, or can no longer be, or after the time has passed. Never rejects. */
  flush(timeoutMs: number): Promise<void>;
};

const maxQueuedBytes = 8 * 2 ** 20;
const maxWriteBytes = 64 * 2 ** 10;
const retryMs = 20;
/** So long it takes to be trusted again: it is asked every few seconds. */
const trustMs = 60_000;

/** Why a process whose log `isLosing` is not ready: whatever happened in it, nobody could tell. */
export const logIsLost = 'log lines are being lost, audit lines among them';

/**
 * pino's own destination is not used: it loops for ever at the end of the process when the reader is gone (its
 * `flushSync` retries EPIPE), and a slow reader would stop the event loop.
 */
export function createLogSink(fd: number): LogSink {
  const queue: string[] = [];
  let queuedBytes = 0;
  let writing = false;
  let broken = false;
  let dropped = 0;
  let lastDropAt = Number.NEGATIVE_INFINITY;
  const idle: (() => void)[] = [];

  const drop = (lines: number): void => {
    dropped += lines;
    lastDropAt = performance.now();
  };

  const takeBatch = (): { readonly bytes: Buffer; readonly lines: number } => {
    let bytes = 0;
    let lines = 0;
    while (lines < queue.length && bytes < maxWriteBytes) bytes += Buffer.byteLength(queue[lines++] ?? '');
    queuedBytes -= bytes;
    return { bytes: Buffer.from(queue.splice(0, lines).join('')), lines };
  };

  const pump = (): void => {
    if (queue.length === 0 || broken) {
      writing = false;
      for (const resolve of idle.splice(0)) resolve();
      return;
    }
    writing = true;
    const batch = takeBatch();
    writeAll(fd, batch.bytes, (error) => {
      if (error !== null) {
        broken = brokenForGood.has(error.code ?? '');
        drop(batch.lines + (broken ? queue.length : 0));
        if (broken) queue.length = 0;
      }
      pump();
    });
  };

  return {
    get dropped() {
      return dropped;
    },
    get isLosing() {
      return broken || performance.now() - lastDropAt < trustMs;
    },
    write(line) {
      const bytes = Buffer.byteLength(line);
      if (broken || queuedBytes + bytes > maxQueuedBytes) {
        drop(1);
        return;
      }
      queue.push(line);
      queuedBytes += bytes;
      if (!writing) pump();
    },
    flush(timeoutMs) {
      if (!writing) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        idle.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    },
  };
}

/** A full disk may have room again; a reader that is gone does not come back. */
const brokenForGood: ReadonlySet<string> = new Set(['EPIPE', 'EBADF', 'EIO', 'ERR_OUT_OF_RANGE']);

function writeAll(fd: number, bytes: Buffer, done: (error: NodeJS.ErrnoException | null) => void): void {
  write(fd, bytes, 0, bytes.length, null, (error, written) => {
    if (error?.code === 'EAGAIN') setTimeout(() => writeAll(fd, bytes, done), retryMs);
    else if (error !== null || written === bytes.length) done(error);
    else writeAll(fd, bytes.subarray(written), done);
  });
}
