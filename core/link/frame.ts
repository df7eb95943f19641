import { err, ok, type Result } from '../result.ts';

/**
 * One message of the control connection: a JSON head, and bytes that need no encoding.
 *
 *     uint32 length of what follows    uint32 length of the head    head    payload
 */
export type Frame = { readonly head: Buffer; readonly payload: Buffer };

/** `TooLong`: announces more than the receiver takes. `Malformed`: its inner lengths contradict each other. */
type FrameProblem = 'TooLong' | 'Malformed';

const lengthBytes = 4;
const smallestStore = 512;

/** Builds the bytes of a frame. */
export function buildFrame(head: string, payload: Uint8Array = new Uint8Array(0)): Buffer {
  const headLength = Buffer.byteLength(head);
  const frame = Buffer.allocUnsafe(2 * lengthBytes + headLength + payload.length);
  frame.writeUInt32BE(lengthBytes + headLength + payload.length, 0);
  frame.writeUInt32BE(headLength, lengthBytes);
  frame.write(head, 2 * lengthBytes);
  frame.set(payload, 2 * lengthBytes + headLength);
  return frame;
}

interface FrameDecoder {
  /** The frames that `chunk` completes. After a problem every later call gives the same problem. */
  push(chunk: Uint8Array): Result<readonly Frame[], FrameProblem>;
}

/**
 * Decodes a stream that may be split anywhere. `maxBytes` bounds a frame after its first length; a longer one is a
 * problem as soon as its length is known, and memory grows with the bytes that came, not with those announced.
 */
export function createFrameDecoder(maxBytes: number): FrameDecoder {
  let store = Buffer.allocUnsafe(smallestStore);
  let used = 0;
  /** Of the frame that is being read, its first length included; that alone until it is known. */
  let wanted = lengthBytes;
  let problem: FrameProblem | undefined;

  function keep(bytes: Uint8Array): void {
    if (used + bytes.length > store.length) {
      const larger = Buffer.allocUnsafe(Math.max(used + bytes.length, Math.min(wanted, 2 * store.length)));
      store.copy(larger, 0, 0, used);
      store = larger;
    }
    store.set(bytes, used);
    used += bytes.length;
  }

  function takeFrame(): Frame | undefined {
    const headEnd = 2 * lengthBytes + store.readUInt32BE(lengthBytes);
    if (headEnd > wanted) return undefined;
    const frame = { head: store.subarray(2 * lengthBytes, headEnd), payload: store.subarray(headEnd, wanted) };
    store = Buffer.allocUnsafe(smallestStore);
    used = 0;
    wanted = lengthBytes;
    return frame;
  }

  return {
    push(chunk) {
      const frames: Frame[] = [];
      let rest = chunk;
      while (problem === undefined && rest.length > 0) {
        const part = rest.subarray(0, wanted - used);
        rest = rest.subarray(part.length);
        keep(part);
        if (used < wanted) continue;
        if (wanted === lengthBytes) {
          const length = store.readUInt32BE(0);
          if (length > maxBytes) problem = 'TooLong';
          else if (length < lengthBytes) problem = 'Malformed';
          else wanted = lengthBytes + length;
          continue;
        }
        const frame = takeFrame();
        if (frame === undefined) problem = 'Malformed';
        else frames.push(frame);
      }
      return problem === undefined ? ok(frames) : err(problem);
    },
  };
}
