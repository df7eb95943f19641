/**
 * The data types of the SSH protocol (RFC 4251 §5), read from bytes that an attacker wrote. A reader never looks beyond
 * its bytes and never allocates by a length it was told: strings are views of the input.
 */

/** The bytes are not what the format asks for: whoever reads what others sent catches it. Quotes nothing of them. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** Reads one value after the other. Every method throws a `WireError` where the bytes do not allow its type. */
export class WireReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#advance(1));
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#advance(4));
  }

  /** A view of the input, not a copy. */
  string(): Buffer {
    const length = this.uint32();
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** A string that names something (a key type, a curve). Each byte is one character, so that names compare exactly. */
  name(): string {
    return this.string().toString('latin1');
  }

  /**
   * The magnitude of an `mpint` that must be above zero, in its only valid form: no sign, no needless leading zero.
   * @param maximumBytes of the magnitude, checked before anything is done with it.
   */
  positiveMpint(maximumBytes: number): Buffer {
    const bytes = this.string();
    const [first, second = 0] = bytes;
    if (first === undefined) throw new WireError('a number is zero');
    if (first >= 0x80) throw new WireError('a number is negative');
    if (first === 0 && second < 0x80) throw new WireError('a number has a needless leading zero');
    const magnitude = first === 0 ? bytes.subarray(1) : bytes;
    if (magnitude.length > maximumBytes) throw new WireError('a number is too long');
    return magnitude;
  }

  /** Nothing may follow. */
  end(): void {
    if (this.#offset !== this.#bytes.length) throw new WireError('there are bytes after its end');
  }

  /** Where the value of `length` bytes starts that the reader has now passed. */
  #advance(length: number): number {
    const start = this.#offset;
    if (length > this.#bytes.length - start) throw new WireError('it ends too early');
    this.#offset = start + length;
    return start;
  }
}

/** A `uint32`. */
export const encodeUint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** A `string`: text as UTF-8. */
export const encodeString = (value: Buffer | string): Buffer => {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([encodeUint32(bytes.length), bytes]);
};

/** An `mpint` from an unsigned big-endian magnitude of any length; needless zeros are left out. */
export const encodeMpint = (magnitude: Buffer): Buffer => {
  const start = magnitude.findIndex((byte) => byte !== 0);
  if (start === -1) return encodeString(Buffer.alloc(0));
  const minimal = magnitude.subarray(start);
  const looksNegative = magnitude.readUInt8(start) >= 0x80;
  return encodeString(looksNegative ? Buffer.concat([Buffer.alloc(1), minimal]) : minimal);
};
