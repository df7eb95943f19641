/** RFC 4253 §4.2: the whole line, CR and LF included. */
const maxLineLength = 255;

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
export function createIdentificationReader(): (chunk: Buffer) => Identification {
  let collected: Buffer = Buffer.alloc(0);
  return (chunk) => {
    collected = collected.length === 0 ? chunk : Buffer.concat([collected, chunk]);
    const lineFeed = collected.subarray(0, maxLineLength).indexOf(0x0a);
    if (lineFeed === -1) return { status: collected.length >= maxLineLength ? 'Invalid' : 'Incomplete' };
    const line = collected.subarray(0, lineFeed + 1);
    const softwareVersion = linePattern.exec(line.toString('latin1'))?.[1];
    if (softwareVersion === undefined) return { status: 'Invalid' };
    return { status: 'Complete', line, rest: collected.subarray(lineFeed + 1), softwareVersion };
  };
}

export type IdentificationEvents = {
  readonly onIdentified: (softwareVersion: string) => void;
  /** What comes is not SSH; nothing more of it is passed on. */
  readonly onInvalid: () => void;
  /** First the whole identification line, then all that follows. */
  readonly onChunk: (chunk: Buffer) => void;
};

/** Takes all chunks of a connection; passes them on once the client has identified itself. */
export function createIdentificationGate(events: IdentificationEvents): (chunk: Buffer) => void {
  let read: ((chunk: Buffer) => Identification) | undefined = createIdentificationReader();
  let pass = events.onChunk;
  let heldLine: Buffer | undefined;
  return (chunk) => {
    if (read === undefined) {
      const line = heldLine;
      heldLine = undefined;
      if (line !== undefined) pass(line);
      pass(chunk);
      return;
    }
    const identification = read(chunk);
    if (identification.status === 'Incomplete') return;
    // It would keep the first chunk for as long as the connection lasts.
    read = undefined;
    if (identification.status === 'Invalid') {
      pass = () => {};
      events.onInvalid();
      return;
    }
    const { line, rest, softwareVersion } = identification;
    events.onIdentified(softwareVersion);
    if (rest.length === 0 && goesOnByItself(softwareVersion)) {
      heldLine = line;
      return;
    }
    pass(line);
    if (rest.length > 0) pass(rest);
  };
}

/**
 * OpenSSH's client sends its KEXINIT without waiting for ours. Ours then goes out with the answer to it, and not before:
 * Linux delays the acknowledgement of what arrives right after we have sent something, and this client, with Nagle's
 * algorithm on until its login, may not send the next packet before that acknowledgement: 40 ms in a login. No round
 * trip is lost, since the client could not have gone on earlier.
 */
const goesOnByItself = (softwareVersion: string): boolean => softwareVersion.startsWith('OpenSSH_');
