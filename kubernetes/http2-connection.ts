import { type ClientHttp2Session, connect as startSession } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { aborted } from '../runtime/aborted.ts';
import type { TlsMaterial } from './credentials.ts';
import type { HttpExchange, HttpResponseHead } from './http-exchange.ts';
import { exchange, hasEnded, StreamRefused } from './http2-exchange.ts';
import { endWhenSilent } from './silent-socket.ts';
import { NotConnected, startTlsSocket, untilSecure } from './tls-socket.ts';

type Http2Options = {
  /** Scheme, host and port of the server. */
  readonly origin: string;
  readonly tls: TlsMaterial;
  readonly connectTimeoutMs: number;
  /** Between pings; after three without a sign of life the connection is given up. */
  readonly beatMs: number;
};

/** All requests to one server, over one connection, which is made anew when it is needed and the last one has ended. */
export type Http2Connection = {
  /** Rejects with `OnlyHttp1`, as the connection fails, or as the signal says. */
  request(request: HttpExchange): Promise<HttpResponseHead>;
  /** Waits for what runs, takes nothing new. Repeatable. */
  close(): Promise<void>;
  /** Ends everything. Repeatable. */
  destroy(): Promise<void>;
};

/** The server does not speak HTTP/2, and nothing was sent. */
export class OnlyHttp1 extends Error {}

/** A server that refuses for ever is told of. */
const maxRefusals = 5;
/** Of one answer, and of all together, in bytes: a page of a list must not wait for our acknowledgements. */
const windows = { stream: 2 ** 20, connection: 4 * 2 ** 20 };
/**
 * Node sends no pings after the server's goodbye, and a watch may be silent for a minute, from one bookmark to the next:
 * then it is for the limits of requests and watches to find out that the server has vanished, and for this one to clean up.
 */
const maxSilentBeats = { running: 2, ending: 24 };

/**
 * On `node:http2` itself: undici 8.12 ends a stream of HTTP/2 by `close()` and `destroy()`, after which Node may never
 * return from nghttp2 (where a body waits to be sent), or keep a stream that nobody listens to, whose error ends the process.
 */
export function createHttp2Connection({ origin, tls, connectTimeoutMs, beatMs }: Http2Options): Http2Connection {
  /** Until they are closed; without a session up to the end of the handshake. */
  const sockets = new Map<TLSSocket, ClientHttp2Session | undefined>();
  let opening: Promise<ClientHttp2Session> | undefined;
  let isClosed = false;

  async function open(): Promise<ClientHttp2Session> {
    const socket = startTlsSocket(origin, tls);
    sockets.set(socket, undefined);
    socket.once('close', () => sockets.delete(socket));
    await untilSecure(socket, connectTimeoutMs);
    if (socket.destroyed) throw new NotConnected('the connection was closed');
    if (socket.alpnProtocol !== 'h2') {
      socket.destroy();
      throw new OnlyHttp1('the API server speaks no HTTP/2');
    }
    const session = start(socket);
    sockets.set(socket, session);
    return session;
  }

  function start(socket: TLSSocket): ClientHttp2Session {
    const settings = { enablePush: false, initialWindowSize: windows.stream };
    const session = startSession(origin, { createConnection: () => socket, settings });
    session.setLocalWindowSize(windows.connection);
    const beat = setInterval(() => session.destroyed || session.ping(() => {}), beatMs).unref();
    socket.once('close', () => clearInterval(beat));
    const isEnding = (): boolean => session.closed && !session.destroyed;
    endWhenSilent(socket, beatMs, () => (isEnding() ? maxSilentBeats.ending : maxSilentBeats.running));
    // Each stream tells its own request.
    return session.on('error', () => {});
  }

  /** After a goodbye, what runs goes on, and what comes takes a new connection: so the API server balances its load. */
  function usable(): Promise<ClientHttp2Session> {
    if (isClosed) return Promise.reject(new StreamRefused('the connection was closed'));
    for (const session of sockets.values())
      if (session !== undefined && !hasEnded(session)) return Promise.resolve(session);
    opening ??= open().finally(() => {
      opening = undefined;
    });
    return opening;
  }

  const untilClosed = async (): Promise<void> => {
    const ends = [...sockets.keys()].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    await Promise.all(ends);
  };

  const reason = (): Error => new Error('the connection was closed');

  return {
    async request(request) {
      const { signal } = request;
      for (let refusals = 0; ; refusals++) {
        try {
          signal.throwIfAborted();
          const givenUp = aborted(signal).then(() => Promise.reject(signal.reason));
          return await exchange(await Promise.race([usable(), givenUp]), request);
        } catch (error) {
          signal.throwIfAborted();
          // The server has not seen it (RFC 9113 §8.7): whatever it asks for, it may be sent again.
          if (!(error instanceof StreamRefused) || isClosed || refusals === maxRefusals) throw error;
        }
      }
    },
    async close() {
      isClosed = true;
      const ended = untilClosed();
      for (const [socket, session] of sockets) {
        if (session === undefined) socket.destroy(reason());
        else session.close();
      }
      await ended;
    },
    async destroy() {
      isClosed = true;
      const ended = untilClosed();
      // By the socket: a session that is destroyed waits until what it has written was taken.
      for (const socket of sockets.keys()) socket.destroy(reason());
      await ended;
    },
  };
}
