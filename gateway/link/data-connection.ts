import net from 'node:net';
import type { LinkAddress } from '../../runtime/config/address.ts';

/** The raw connection that becomes git's stdin and stdout. */
interface DataConnection {
  /** Sends what the server reads itself; the rest is git's. */
  greet(greeting: Buffer): void;
  /** Starts delivery; nothing is read before. */
  start(): void;
  resume(): void;
  write(bytes: Buffer, onWritten?: () => void): boolean;
  end(): void;
  destroy(): void;
}

type DataListener = {
  /** Bytes in a buffer that is used again after the call. `false` stops them until `resume()`. */
  onData(bytes: Buffer): boolean;
  onEnd(): void;
  onDrain(): void;
  /** The connection broke; at most once, and not after `destroy()`. */
  onError(cause: Error): void;
};

/**
 * One for all connections: a read fills it and its callback empties it before the loop does anything else. Large,
 * because each read costs the same.
 */
const readBuffer = Buffer.allocUnsafeSlow(256 * 1024);

/** Starts connecting, so that this happens while the ticket is on its way. */
export function connectData(address: LinkAddress, listener: DataListener): DataConnection {
  const socket = net.connect({
    ...address,
    noDelay: true,
    allowHalfOpen: true,
    onread: {
      buffer: readBuffer,
      callback: (length) => listener.onData(readBuffer.subarray(0, length)),
    },
  });
  // Before it is connected, this keeps it from reading at all: git may write before anybody listens.
  socket.pause();
  socket.on('end', () => listener.onEnd());
  socket.on('drain', () => listener.onDrain());
  let destroyed = false;
  socket.on('error', (cause) => {
    if (!destroyed) listener.onError(cause);
  });

  return {
    greet: (greeting) => void socket.write(greeting),
    start: () => void socket.resume(),
    resume: () => void socket.resume(),
    write(bytes, onWritten) {
      // The packets of one read from the client become one system call.
      if (socket.writableCorked === 0) {
        socket.cork();
        process.nextTick(() => socket.uncork());
      }
      return socket.write(bytes, onWritten);
    },
    end: () => void socket.end(),
    destroy() {
      destroyed = true;
      socket.destroy();
    },
  };
}
