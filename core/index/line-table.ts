/**
 * Sorted lines in the bytes that they came in, found by halving: a hundred thousand of them cost their own bytes and
 * four more each, and none is decoded before it is asked for.
 */
export type LineTable = {
  readonly length: number;
  line(at: number): string;
  /** Position of the first line that does not come before `text`, by code unit; `length` if there is none. */
  firstFrom(text: string): number;
};

const newline = 0x0a;

/** `bytes` from `start` on: UTF-8, each line with a newline at its end. Undefined if the lines are not in ascending order. */
export function createLineTable(bytes: Buffer, start: number): LineTable | undefined {
  const starts = [start];
  for (let end = bytes.indexOf(newline, start); end !== -1; end = bytes.indexOf(newline, end + 1)) starts.push(end + 1);
  const offsets = Uint32Array.from(starts);
  const length = offsets.length - 1;
  const offset = (at: number): number => offsets[at] ?? bytes.length;
  if (offset(length) !== bytes.length) return undefined;
  for (let at = 1; at < length; at += 1) {
    if (bytes.compare(bytes, offset(at - 1), offset(at), offset(at), offset(at + 1)) <= 0) return undefined;
  }
  return {
    length,
    line: (at) => bytes.toString('utf8', offset(at), offset(at + 1) - 1),
    firstFrom(text) {
      const target = Buffer.from(text);
      let low = 0;
      let high = length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (bytes.compare(target, 0, target.length, offset(middle), offset(middle + 1)) < 0) low = middle + 1;
        else high = middle;
      }
      return low;
    },
  };
}
