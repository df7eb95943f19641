import { createBufferPool } from './buffer-pool.ts';

/** Bytes that must wait, as copies: the caller's buffer may be a small view that keeps a large one alive. */
export interface ByteQueue {
  readonly length: number;
  append(bytes: Uint8Array): void;
  /** The oldest bytes, at least one if there are any; valid until they are dropped. */
  peek(): Buffer;
  /** Forgets the oldest `count` bytes, at most as many as `peek` returned. */
  drop(count: number): void;
  clear(): void;
}

/** A queue of few bytes costs no more than this. */
const smallBlockLength = 4096;

/** For all queues of the process: at most 8 MiB stay in it. */
const pool = createBufferPool(32_768, 256);

const takeBlock = (length: number): Buffer =>
  length > smallBlockLength ? pool.take() : Buffer.allocUnsafeSlow(smallBlockLength);

const giveBack = (block: Buffer): void => {
  if (block.length === pool.bufferLength) pool.giveBack(block);
};

/** Packs whatever is appended into blocks, so that a flood of single bytes costs no more than its bytes. */
export function createByteQueue(): ByteQueue {
  let blocks: Buffer[] = [];
  /** Within the first block. */
  let start = 0;
  /** Within the last block. */
  let end = 0;
  let length = 0;

  const append = (bytes: Uint8Array): void => {
    let offset = 0;
    while (offset < bytes.length) {
      let last = blocks.at(-1);
      if (last === undefined || end === last.length) {
        last = takeBlock(length === 0 ? bytes.length : pool.bufferLength);
        blocks.push(last);
        end = 0;
      }
      const count = Math.min(last.length - end, bytes.length - offset);
      last.set(bytes.subarray(offset, offset + count), end);
      end += count;
      offset += count;
    }
    length += bytes.length;
  };

  const clear = (): void => {
    for (const block of blocks) giveBack(block);
    blocks = [];
    start = 0;
    end = 0;
    length = 0;
  };

  return {
    get length() {
      return length;
    },
    append,
    peek: () => {
      const [first] = blocks;
      if (first === undefined) return Buffer.alloc(0);
      return first.subarray(start, blocks.length === 1 ? end : first.length);
    },
    drop: (count) => {
      const [first] = blocks;
      if (first === undefined) return;
      start += count;
      length -= count;
      if (length === 0) clear();
      else if (start === first.length) {
        blocks.shift();
        giveBack(first);
        start = 0;
      }
    },
    clear,
  };
}
