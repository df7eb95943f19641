import type { Socket } from 'node:net';

/** The way to the client's socket, which counts what the kernel has not taken yet. */
export interface Outbound {
  /** @param onWritten the buffer is free again; also called when the socket has failed. */
  write(bytes: Uint8Array, onWritten?: () => void): void;
  /** Bytes that wait in this process's memory; infinite when the socket is broken. */
  queued(): number;
  /** Bytes since the start. */
  written(): number;
}

/**
 * Joins all writes of one tick into one system call.
 * @param onProgress the kernel has taken something; `queued` may have become smaller.
 */
export function createOutbound(socket: Socket, onProgress: () => void): Outbound {
  let corked = false;
  let written = 0;

  const uncork = (): void => {
    corked = false;
    socket.uncork();
  };

  socket.on('drain', onProgress);
  return {
    write: (bytes, onWritten) => {
      if (!socket.writable) {
        onWritten?.();
        return;
      }
      if (!corked) {
        corked = true;
        socket.cork();
        process.nextTick(uncork);
      }
      written += bytes.length;
      if (onWritten === undefined) {
        socket.write(bytes);
      } else {
        socket.write(bytes, (error) => {
          onWritten();
          if (!error) onProgress();
        });
      }
    },
    // A broken socket takes everything at once and to nowhere: a writer would go on for ever.
    queued: () => (socket.writable ? socket.writableLength : Number.POSITIVE_INFINITY),
    written: () => written,
  };
}
