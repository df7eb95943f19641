import { randomFillSync } from 'node:crypto';

/** Buffers of one size that are used again. What comes back beyond `capacity` is left to the garbage collector. */
export type BufferPool = { readonly bufferLength: number; take(): Buffer; giveBack(buffer: Buffer): void };

export function createBufferPool(bufferLength: number, capacity: number): BufferPool {
  const free: Buffer[] = [];
  return {
    bufferLength,
    take: () => free.pop() ?? Buffer.allocUnsafeSlow(bufferLength),
    giveBack: (buffer) => {
      if (free.length < capacity) free.push(buffer);
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
