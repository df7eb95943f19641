/** RFC 4253 §4.2: the whole line, CR and LF included. */
const maximumLineLength = 255;

/** `SSH-1.99` is a client that speaks 2.0 as well (RFC 4253 §5.1). */
const linePattern = /^SSH-(?:2\.0|1\.99)-([\x21-\x7e]+)(?: [\x20-\x7e]*)?\r?\n$/;

export type Identification =
  | { readonly status: 'Incomplete' }
  | { readonly status: 'Invalid' }
  | {
      readonly status: 'Complete';
      /** The line with its end, as the client sent it. */
      readonly line: Buffer;
      /** What followed it. */
      readonly rest: Buffer;
      readonly softwareVersion: string;
    };

/**
 * Collects the client's identification line from pieces of any size: a client may send it byte by byte, and ssh2 loses
 * all but the first piece. Not to be called again once the answer was not `Incomplete`.
 */
export const createIdentificationReader = (): ((chunk: Buffer) => Identification) => {
  let collected: Buffer = Buffer.alloc(0);
  return (chunk) => {
    collected = collected.length === 0 ? chunk : Buffer.concat([collected, chunk]);
    const lineFeed = collected.subarray(0, maximumLineLength).indexOf(0x0a);
    if (lineFeed === -1) return { status: collected.length >= maximumLineLength ? 'Invalid' : 'Incomplete' };
    const line = collected.subarray(0, lineFeed + 1);
    const softwareVersion = linePattern.exec(line.toString('latin1'))?.[1];
    if (softwareVersion === undefined) return { status: 'Invalid' };
    return { status: 'Complete', line, rest: collected.subarray(lineFeed + 1), softwareVersion };
  };
};
