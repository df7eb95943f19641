import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2';
import { Readable } from 'node:stream';
import type { HttpExchange, HttpResponseHead } from './agents.ts';

const { NGHTTP2_NO_ERROR, NGHTTP2_CANCEL, NGHTTP2_REFUSED_STREAM } = constants;

/** The server has not seen the request. */
export class StreamRefused extends Error {
  readonly code = 'REFUSED_STREAM';
}

/**
 * One request, on a stream of its own; resolves with the headers of the answer. A stream is ended by RST_STREAM with CANCEL
 * and nothing else: Node forgets one that is destroyed before the server has, and makes another of what still comes.
 */
export function exchange(session: ClientHttp2Session, request: HttpExchange): Promise<HttpResponseHead> {
  const { method, path, headers, body, signal } = request;
  const { promise, resolve, reject } = Promise.withResolvers<HttpResponseHead>();
  signal.throwIfAborted();
  const length = body === null ? {} : { 'content-length': Buffer.byteLength(body) };
  const stream = openStream(session, { ...headers, ...length, ':method': method, ':path': path }, body === null);
  let isUnsent = false;
  let fault: Error | undefined;
  let answer: Readable | undefined;

  const onAbort = (): void => {
    stream.close(NGHTTP2_CANCEL);
    reject(signal.reason);
    answer?.destroy(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  stream.once('response', ({ ':status': statusCode = 0, ...received }) => {
    answer = readAnswer(stream);
    resolve({ statusCode, headers: received, body: answer });
  });
  // HEADERS that were still with us when the server said goodbye.
  stream.once('frameError', () => {
    isUnsent = true;
  });
  stream.on('error', (error) => {
    fault ??= error;
  });
  stream.once('close', () => {
    signal.removeEventListener('abort', onAbort);
    const isRefused = isUnsent || stream.rstCode === NGHTTP2_REFUSED_STREAM;
    const error = isRefused ? new StreamRefused('refused') : (fault ?? new Error('the connection was closed'));
    reject(error);
    if (!stream.readableEnded) answer?.destroy(error);
  });
  if (body !== null) stream.end(body);
  return promise;
}

function openStream(session: ClientHttp2Session, headers: object, endStream: boolean): ClientHttp2Stream {
  try {
    return session.request({ ...headers }, { endStream });
  } catch (cause) {
    throw new StreamRefused('the connection has ended', { cause });
  }
}

/** What the server sends on a stream, at the pace at which it is read; to destroy it cancels the stream. */
function readAnswer(stream: ClientHttp2Stream): Readable {
  const answer = new Readable({
    read: () => void stream.resume(),
    destroy(error, callback) {
      if (!stream.readableEnded) stream.close(NGHTTP2_CANCEL);
      // Node keeps a stream until it was read to its end.
      stream.removeAllListeners('data').resume();
      callback(error);
    },
  });
  // Whoever got the headers may look at the body later.
  answer.on('error', () => {});
  stream.on('data', (chunk: Buffer) => {
    if (!answer.push(chunk)) stream.pause();
  });
  // Node tells the same end of an answer that was cut off.
  stream.once('end', () => {
    if ((stream.rstCode ?? NGHTTP2_NO_ERROR) === NGHTTP2_NO_ERROR) answer.push(null);
    else answer.destroy(new Error(`the answer was cut off (code ${stream.rstCode})`));
  });
  return answer;
}
