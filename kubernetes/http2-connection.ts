import { type ClientHttp2Session, connect as startSession } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { buildConnector } from 'undici';
import type { HttpExchange, HttpResponseHead } from './agents.ts';
import { exchange, StreamRefused } from './http2-exchange.ts';
import type { TlsMaterial } from './kube-config.ts';
import { endWhenSilent } from './silent-socket.ts';

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
 * On `node:http2` itself: undici 8.12 ends a stream of HTTP/2 by `close()` and `destroy()`, after which Node may never
 * return from nghttp2 (where a body waits to be sent), or keep a stream that nobody listens to, whose error ends the process.
 */
export function createHttp2Connection({ origin, tls, connectTimeoutMs, beatMs }: Http2Options): Http2Connection {
  const options = { ...tls, timeout: connectTimeoutMs, keepAlive: true, keepAliveInitialDelay: 15_000 };
  const connectSocket = buildConnector({ ...options, allowH2: true, preferH2: true });
  const { protocol, hostname, host, port } = new URL(origin);
  const sessions = new Set<ClientHttp2Session>();
  let current: Promise<ClientHttp2Session> | undefined;
  let isClosed = false;

  async function openSocket(): Promise<Socket | TLSSocket> {
    const { promise, resolve, reject } = Promise.withResolvers<Socket | TLSSocket>();
    connectSocket({ protocol, hostname, host, port }, (error, socket) => (error ? reject(error) : resolve(socket)));
    const socket = await promise;
    const isUsable = !isClosed && 'alpnProtocol' in socket && socket.alpnProtocol === 'h2';
    if (isUsable) return socket;
    socket.on('error', () => {}).destroy();
    throw isClosed ? new StreamRefused('the connection was closed') : new OnlyHttp1('the API server speaks no HTTP/2');
  }

  async function open(): Promise<ClientHttp2Session> {
    const socket = await openSocket();
    endWhenSilent(socket, beatMs);
    const settings = { enablePush: false, initialWindowSize: windows.stream };
    const session = startSession(origin, { createConnection: () => socket, settings });
    sessions.add(session);
    const beat = setInterval(() => session.destroyed || session.ping(() => {}), beatMs).unref();
    session.once('connect', () => session.setLocalWindowSize(windows.connection));
    // Each stream tells its own request.
    session.on('error', () => {});
    session.once('close', () => {
      clearInterval(beat);
      sessions.delete(session);
    });
    return session;
  }

  function usable(): Promise<ClientHttp2Session> {
    if (current !== undefined) return current;
    const opening = open();
    current = opening;
    const forget = (): void => {
      if (current === opening) current = undefined;
    };
    // After a goodbye, what runs goes on, and what comes takes a new connection: so the API server balances its load.
    opening.then((session) => session.once('goaway', forget).once('close', forget), forget);
    return opening;
  }

  return {
    async request(request) {
      for (let refusals = 0; ; refusals++) {
        try {
          return await exchange(await usable(), request);
        } catch (error) {
          request.signal.throwIfAborted();
          // The server has not seen it (RFC 9113 §8.7): whatever it asks for, it may be sent again.
          if (!(error instanceof StreamRefused) || isClosed || refusals === maxRefusals) throw error;
        }
      }
    },
    async close() {
      isClosed = true;
      await Promise.all([...sessions].map((session) => new Promise<void>((resolve) => session.close(resolve))));
    },
    async destroy() {
      isClosed = true;
      for (const session of sessions) session.destroy(new Error('the connection was closed'));
    },
  };
}
