import { createHash } from 'node:crypto';
import { constants, deflateRawSync, deflateSync } from 'node:zlib';

/**
 * A pack of about a thousandth of `size` bytes with a tree of that size in it, and enough small objects for git to keep
 * it as a pack (`receive.unpackLimit`).
 */
export function buildPackBomb(size: number): Buffer {
  const blobs = Array.from({ length: 100 }, (_, number) => Buffer.from(`blob ${number}`));
  const header = Buffer.alloc(12);
  header.write('PACK');
  header.writeUInt32BE(2, 4);
  header.writeUInt32BE(blobs.length + 1, 8);
  const objects = [
    ...[objectHeader(type.tree, size), deflateZeros(size)],
    ...blobs.flatMap((blob) => [objectHeader(type.blob, blob.length), deflateSync(blob)]),
  ];
  const pack = Buffer.concat([header, ...objects]);
  return Buffer.concat([pack, createHash('sha1').update(pack).digest()]);
}

const type = { tree: 2, blob: 3 };

/** gitformat-pack(5): four bits of the size beside the type, then seven bits a byte. */
function objectHeader(objectType: number, size: number): Buffer {
  const bytes = [(objectType << 4) | (size % 16)];
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80;
    bytes.push(rest % 128);
  }
  return Buffer.from(bytes);
}

const chunk = 2 ** 20;

/** A zlib stream of `size` zeros, a whole number of MiB, out of one compressed MiB again and again. */
function deflateZeros(size: number): Buffer {
  const piece = deflateRawSync(Buffer.alloc(chunk), { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  // Adler-32 of zeros: a stays 1, and b counts them.
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE((size % 65_521) * 65_536 + 1);
  const pieces = Array<Buffer>(size / chunk).fill(piece);
  return Buffer.concat([Buffer.from([0x78, 0x9c]), ...pieces, deflateRawSync(Buffer.alloc(0)), checksum]);
}
