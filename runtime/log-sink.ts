import { write } from 'node:fs';

/** Takes log lines for a file descriptor, without ever making the caller wait. */
export type LogSink = {
  write(line: string): void;
  /** Lines that were thrown away, because the reader is gone or too slow. */
  readonly dropped: number;
  /** Resolves when all that was written is out, or can no longer be, or after the time has passed. Never rejects. */
  flush(timeoutMilliseconds: number): Promise<void>;
};

const maxQueuedBytes = 8 * 2 ** 20;
const maxWriteBytes = 64 * 2 ** 10;
const retryMilliseconds = 20;

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
  const idle: (() => void)[] = [];

  const takeBatch = (): Buffer => {
    let bytes = 0;
    let lines = 0;
    while (lines < queue.length && bytes < maxWriteBytes) bytes += Buffer.byteLength(queue[lines++] ?? '');
    queuedBytes -= bytes;
    return Buffer.from(queue.splice(0, lines).join(''));
  };

  const pump = (): void => {
    if (queue.length === 0 || broken) {
      writing = false;
      for (const resolve of idle.splice(0)) resolve();
      return;
    }
    writing = true;
    writeAll(fd, takeBatch(), (error) => {
      if (error !== null) {
        broken = brokenForGood.has(error.code ?? '');
        dropped += 1 + (broken ? queue.length : 0);
        if (broken) queue.length = 0;
      }
      pump();
    });
  };

  return {
    get dropped() {
      return dropped;
    },
    write(line) {
      const bytes = Buffer.byteLength(line);
      if (broken || queuedBytes + bytes > maxQueuedBytes) {
        dropped++;
        return;
      }
      queue.push(line);
      queuedBytes += bytes;
      if (!writing) pump();
    },
    flush(timeoutMilliseconds) {
      if (!writing) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, timeoutMilliseconds);
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
    if (error?.code === 'EAGAIN') setTimeout(() => writeAll(fd, bytes, done), retryMilliseconds);
    else if (error !== null || written === bytes.length) done(error);
    else writeAll(fd, bytes.subarray(written), done);
  });
}
