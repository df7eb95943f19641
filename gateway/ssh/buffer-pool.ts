import { randomFillSync } from 'node:crypto';

/**
 * Buffers of one size that are used again. Without it, V8 collects its whole heap for every 8 MB of buffers that were
 * dropped. What comes back beyond `capacity` is freed at once: whoever kept a view of it would find no bytes.
 */
export type BufferPool = { readonly bufferLength: number; take(): Buffer; giveBack(buffer: Buffer): void };

export function createBufferPool(bufferLength: number, capacity: number): BufferPool {
  const free: Buffer[] = [];
  return {
    bufferLength,
    take: () => free.pop() ?? Buffer.allocUnsafeSlow(bufferLength),
    giveBack: (buffer) => {
      if (free.length < capacity) free.push(buffer);
      else if (buffer.buffer instanceof ArrayBuffer) buffer.buffer.transfer(0);
    },
  };
}

const reserve = Buffer.allocUnsafeSlow(65_536);
let used = reserve.length;

/**
 * Fills `length` bytes (at most 255) with random ones for padding. They come from a reserve, each byte used once: a call
 * to the system for every packet costs a tenth of the throughput.
 */
export function fillPadding(target: Buffer, offset: number, length: number): void {
  if (used + length > reserve.length) {
    randomFillSync(reserve);
    used = 0;
  }
  reserve.copy(target, offset, used, used + length);
  used += length;
}
