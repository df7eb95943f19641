import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2';
import { Readable } from 'node:stream';
import type { HttpExchange, HttpResponseHead } from './http-exchange.ts';

const { NGHTTP2_NO_ERROR, NGHTTP2_CANCEL, NGHTTP2_REFUSED_STREAM } = constants;
/** RFC 9113 §6.2 */
const headersFrame = 1;

/** The server has not seen the request. */
export class StreamRefused extends Error {
  readonly code = 'REFUSED_STREAM';
}

/** Nothing new can be sent on it; what runs may go on. */
export const hasEnded = (session: ClientHttp2Session): boolean => session.closed || session.destroyed;

/**
 * One request, on a stream of its own; resolves with the headers of the answer. A stream is ended by RST_STREAM with CANCEL
 * and nothing else: Node forgets one that is destroyed before the server has, and makes another of what still comes. And it
 * is read to its end in any case: Node keeps it until then, and the connection with it.
 */
export function exchange(session: ClientHttp2Session, request: HttpExchange): Promise<HttpResponseHead> {
  const { method, path, headers, body, signal } = request;
  const { promise, resolve, reject } = Promise.withResolvers<HttpResponseHead>();
  signal.throwIfAborted();
  if (hasEnded(session)) throw new StreamRefused('the connection has ended');
  const length = body === null ? {} : { 'content-length': Buffer.byteLength(body) };
  const head = { ...headers, ...length, ':method': method, ':path': path };
  const stream = session.request(head, { endStream: body === null });
  let isUnsent = false;
  let fault: Error | undefined;
  let answer: Readable | undefined;

  const onAbort = (): void => {
    stream.close(NGHTTP2_CANCEL);
    reject(signal.reason);
    if (answer === undefined) stream.resume();
    else answer.destroy(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  stream.once('response', ({ ':status': statusCode = 0, ...received }) => {
    if (signal.aborted) return;
    answer = readAnswer(stream);
    resolve({ statusCode, headers: received, body: answer });
  });
  // HEADERS that were still with us when the server said goodbye.
  stream.on('frameError', (type: number) => {
    isUnsent ||= type === headersFrame;
  });
  stream.on('error', (error: NodeJS.ErrnoException) => {
    fault ??= error;
    if (error.code !== 'ERR_HTTP2_OUT_OF_STREAMS') return;
    // After 2^30 requests a connection has no number left for another one.
    isUnsent = true;
    session.close();
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

/** What the server sends on a stream, at the pace at which it is read; to destroy it cancels the stream. */
function readAnswer(stream: ClientHttp2Stream): Readable {
  const answer = new Readable({
    read: () => void stream.resume(),
    destroy(error, callback) {
      // Of a request that was answered before all of it was sent, the rest is of no use.
      if (!stream.readableEnded || !stream.writableFinished) stream.close(NGHTTP2_CANCEL);
      stream.removeAllListeners('data').resume();
      callback(error);
    },
  });
  // Whoever got the headers may look at the body later.
  answer.on('error', () => {});
  stream.on('data', (chunk: Buffer) => {
    if (!answer.push(chunk)) stream.pause();
  });
  // Node tells the same end of an answer that was cut off: then with a code, or with the stream destroyed already. Node's own
  // listener destroys it too, at an end that is a good one.
  stream.prependOnceListener('end', () => {
    const code = stream.rstCode ?? NGHTTP2_NO_ERROR;
    if (code === NGHTTP2_NO_ERROR && !stream.destroyed) answer.push(null);
    else answer.destroy(new Error(`the answer was cut off (code ${code})`));
  });
  return answer;
}
