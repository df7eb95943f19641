import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Agent, buildConnector, type Dispatcher, ProxyAgent } from 'undici';
import type { TlsMaterial } from './kube-config.ts';
import { endWhenSilent } from './silent-socket.ts';

export type AgentsOptions = {
  /** Scheme, host and port of the server. */
  readonly origin: string;
  readonly tls: TlsMaterial;
  readonly proxyUrl: string | undefined;
  /** Between pings of an HTTP/2 connection; after three without an answer it is given up. */
  readonly beatMs: number;
};

/** undici's connections to one server, under one set of certificates. */
export type Agents = {
  readonly tls: TlsMaterial;
  request(options: Omit<Dispatcher.RequestOptions, 'origin'>): Promise<Dispatcher.ResponseData>;
  /** Waits for what runs, takes nothing new. */
  close(): Promise<void>;
  /** Takes nothing new; what runs may go on for a minute. */
  retire(): void;
  destroy(): Promise<void>;
};

const connectTimeoutMs = 5_000;
/** Longer than any pause of a process that has work: a new connection costs a handshake. */
const idleTimeoutMs = 90_000;
const maxStreams = 1_000;
/** Only where the server speaks no HTTP/2: each watch then takes a connection. */
const maxHttp1Connections = 32;
/** So long a watch may go on after the certificate that it was opened with was replaced. */
const retiredMs = 60_000;

/** Told inside: the server does not speak HTTP/2, and nothing was sent. */
class OnlyHttp1 extends Error {}

/** One connection for everything, over HTTP/2; a bounded number where server or proxy does not speak it. */
export function createAgents({ origin, tls, proxyUrl, beatMs }: AgentsOptions): Agents {
  const options = {
    keepAliveTimeout: idleTimeoutMs,
    // Every call has a deadline of its own, and every watch a limit of silence.
    ...{ headersTimeout: 0, bodyTimeout: 0 },
  };
  const connect = { ...tls, timeout: connectTimeoutMs, keepAlive: true, keepAliveInitialDelay: 15_000 };
  const http1Options = { ...options, connections: maxHttp1Connections, allowH2: false };
  const http1 =
    proxyUrl === undefined
      ? new Agent({ ...http1Options, connect })
      : new ProxyAgent({ ...http1Options, uri: proxyUrl, requestTls: connect });
  const http2 = new Agent({
    ...options,
    connections: 1,
    // undici means streams by this while it makes a connection, and takes 1 for granted. The API server says goodbye now and
    // then (GOAWAY), with a watch still running: without it, no other connection would ever be made.
    pipelining: maxStreams,
    allowH2: true,
    h2Options: { pingInterval: beatMs },
    connect: http2Connector(buildConnector({ ...connect, allowH2: true, preferH2: true }), beatMs),
  });
  const both: readonly Dispatcher[] = [http2, http1];
  let isHttp2 = origin.startsWith('https:') && proxyUrl === undefined;

  async function destroy(): Promise<void> {
    await Promise.all(both.map((agent) => agent.destroy()));
  }

  return {
    tls,
    async request(request) {
      try {
        return await (isHttp2 ? http2 : http1).request({ ...request, origin });
      } catch (error) {
        if (!(error instanceof OnlyHttp1)) throw error;
        isHttp2 = false;
        return http1.request({ ...request, origin });
      }
    },
    async close() {
      await Promise.all(both.map((agent) => agent.close()));
    },
    retire() {
      for (const agent of both) void agent.close().catch(() => {});
      setTimeout(() => void destroy(), retiredMs).unref();
    },
    destroy,
  };
}

/** Lets HTTP/2 connections through alone: one that speaks HTTP/1 serves one request at a time, and a watch for ever. */
const http2Connector =
  (connect: buildConnector.connector, beatMs: number): buildConnector.connector =>
  (options, callback) =>
    connect(options, (...[error, socket]: [Error, null] | [null, Socket | TLSSocket]) => {
      if (error !== null) return callback(error, null);
      if ('alpnProtocol' in socket && socket.alpnProtocol === 'h2') {
        endWhenSilent(socket, beatMs);
        return callback(null, socket);
      }
      socket.destroy();
      return callback(new OnlyHttp1('the API server speaks no HTTP/2'), null);
    });
