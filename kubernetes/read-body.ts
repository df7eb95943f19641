import type { Readable } from 'node:stream';
import { ConnectionFault } from './api-error.ts';

/** A whole body as text. Rejects with a `ConnectionFault` when it is longer (`TooLarge`), or breaks off (`Unreachable`). */
export async function readBody(body: Readable, maxBytes: number, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBytes) throw new ConnectionFault('TooLarge', `an answer of more than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof ConnectionFault) throw cause;
    throw new ConnectionFault('Unreachable', 'the answer broke off', { cause });
  }
  return Buffer.concat(chunks, length).toString('utf8');
}
