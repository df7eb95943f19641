import type { Readable } from 'node:stream';
import { ConnectionFault } from './api-error.ts';

const newLine = 10;

/**
 * The lines of a stream, as they come, in batches of what had arrived together: whoever reads a hundred events that came
 * at once can act on them once. What follows the last line break was cut off on its way, and is no line. Rejects with a
 * `ConnectionFault` when a line is too long.
 */
export async function* readLines(body: Readable, maxLineBytes: number): AsyncGenerator<readonly string[], void, void> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newLine); end >= 0; end = chunk.indexOf(newLine, start)) {
      lines.push(Buffer.concat([...pending, chunk.subarray(start, end)]).toString('utf8'));
      pending = [];
      pendingBytes = 0;
      start = end + 1;
    }
    if (start < chunk.length) {
      pending.push(chunk.subarray(start));
      pendingBytes += chunk.length - start;
    }
    if (pendingBytes > maxLineBytes)
      throw new ConnectionFault('TooLarge', `a line of more than ${maxLineBytes} bytes in a watch`);
    yield lines;
  }
}
