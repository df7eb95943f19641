/**
 * Follows what a client sends to upload-pack or receive-pack to the end of its first request, which is the first
 * flush-pkt (`0000`, gitprotocol-common(5)) in every version of the protocol: after `command=ls-refs` or `fetch` in v2,
 * after the wants in v0 and v1, after the list of refs of a push.
 */
export type RequestReader = {
  /** Stays true. Of bytes that are no pkt-lines it is never: git refuses those itself. */
  readonly isWhole: boolean;
  /** Takes the next bytes, split anywhere, and keeps none of them. */
  read(bytes: Uint8Array): void;
};

const headerLength = 4;

export function createRequestReader(): RequestReader {
  let state: 'Reading' | 'Whole' | 'Malformed' = 'Reading';
  let header = '';
  /** Bytes of the line, after its header, that are still to come. */
  let rest = 0;
  return {
    get isWhole() {
      return state === 'Whole';
    },
    read(bytes) {
      for (let at = 0; at < bytes.length && state === 'Reading'; ) {
        const skipped = Math.min(rest, bytes.length - at);
        rest -= skipped;
        at += skipped;
        while (rest === 0 && at < bytes.length && header.length < headerLength) {
          header += String.fromCharCode(bytes[at++] ?? 0);
        }
        if (header.length < headerLength) continue;
        const length = /^[0-9a-f]{4}$/i.test(header) ? Number.parseInt(header, 16) : Number.NaN;
        header = '';
        if (length === 0) state = 'Whole';
        else if (Number.isNaN(length) || length === 3) state = 'Malformed';
        // 0001 and 0002 only divide a request.
        else rest = Math.max(0, length - headerLength);
      }
    },
  };
}
