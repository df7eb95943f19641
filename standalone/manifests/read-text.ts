import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { err, ok, type Result } from '../../core/result.ts';
import { explainSystemError } from '../../runtime/startup-error.ts';

export const maxManifestBytes = 128 * 2 ** 20;

/** What was wrong with a file: it could not be read, or is no text. `Gone`: it was removed since it was listed. */
export type TextProblem = { readonly kind: 'Gone' | 'Unreadable' | 'NotText'; readonly message: string };

/** Reads a file of at most 128 MiB of UTF-8; a byte order mark is left out. */
export async function readText(path: string): Promise<Result<Buffer, TextProblem>> {
  let bytes: Buffer;
  try {
    // A pipe that was put in the place of a file would block whoever opens it.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { size } = await file.stat();
    if (size > maxManifestBytes) {
      const message = `is larger than ${maxManifestBytes / 2 ** 20} MiB: divide it into several files`;
      return err({ kind: 'Unreadable', message });
    }
    // A byte more than was said tells a file that is growing; the next look at the folder finds it changed.
    const buffer = Buffer.allocUnsafe(size + 1);
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    bytes = buffer.subarray(0, Math.min(filled, size));
  } catch (error) {
    const kind = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'Gone' : 'Unreadable';
    return err({ kind, message: explainSystemError(error) });
  }
  if (!isUtf8(bytes)) return err({ kind: 'NotText', message: 'is not UTF-8 text: save it in that encoding' });
  return ok(bytes.indexOf(byteOrderMark) === 0 ? bytes.subarray(byteOrderMark.length) : bytes);
}

const byteOrderMark = Buffer.from('\ufeff');
