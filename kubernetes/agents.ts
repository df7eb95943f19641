import { Agent, ProxyAgent } from 'undici';
import type { TlsMaterial } from './credentials.ts';
import type { HttpExchange, HttpResponseHead } from './http-exchange.ts';
import { createHttp2Connection, OnlyHttp1 } from './http2-connection.ts';

export type AgentsOptions = {
  /** Scheme, host and port of the server. */
  readonly origin: string;
  readonly tls: TlsMaterial;
  readonly proxyUrl: string | undefined;
  /** Between pings of an HTTP/2 connection; after three without an answer it is given up. */
  readonly beatMs: number;
};

/** The connections to one server, under one set of certificates. */
export type Agents = {
  readonly tls: TlsMaterial;
  request(exchange: HttpExchange): Promise<HttpResponseHead>;
  /** Waits for what runs, takes nothing new. */
  close(): Promise<void>;
  /** Takes nothing new; what runs may go on for a minute. Resolves when it has ended. */
  retire(): Promise<void>;
  destroy(): Promise<void>;
};

const connectTimeoutMs = 5_000;
/** Longer than any pause of a process that has work: a new connection costs a handshake. */
const idleTimeoutMs = 90_000;
/** Only where the server speaks no HTTP/2: each watch then takes a connection. */
const maxHttp1Connections = 32;
/** So long a watch may go on after the certificate that it was opened with was replaced. */
const retiredMs = 60_000;

/** One connection for everything, over HTTP/2; a bounded number where server or proxy does not speak it. */
export function createAgents({ origin, tls, proxyUrl, beatMs }: AgentsOptions): Agents {
  const connect = { ...tls, timeout: connectTimeoutMs, keepAlive: true, keepAliveInitialDelay: 15_000 };
  const options = {
    ...{ keepAliveTimeout: idleTimeoutMs, connections: maxHttp1Connections, allowH2: false },
    // Every call has a deadline of its own, and every watch a limit of silence.
    ...{ headersTimeout: 0, bodyTimeout: 0 },
  };
  const http1 =
    proxyUrl === undefined
      ? new Agent({ ...options, connect })
      : new ProxyAgent({ ...options, uri: proxyUrl, requestTls: connect });
  const http2 = createHttp2Connection({ origin, tls, connectTimeoutMs, beatMs });
  let isHttp2 = origin.startsWith('https:') && proxyUrl === undefined;

  async function close(): Promise<void> {
    // What was destroyed is closed; undici calls that a fault.
    await Promise.all([http2.close(), http1.close().catch(() => {})]);
  }

  async function destroy(): Promise<void> {
    await Promise.all([http2.destroy(), http1.destroy()]);
  }

  async function requestByHttp1(exchange: HttpExchange): Promise<HttpResponseHead> {
    const response = await http1.request({ ...exchange, origin });
    // Whoever got the headers may look at the body later.
    response.body.on('error', () => {});
    return response;
  }

  return {
    tls,
    async request(exchange) {
      try {
        if (isHttp2) return await http2.request(exchange);
      } catch (error) {
        if (!(error instanceof OnlyHttp1)) throw error;
        isHttp2 = false;
      }
      return requestByHttp1(exchange);
    },
    close,
    async retire() {
      const timer = setTimeout(() => void destroy(), retiredMs).unref();
      await close();
      clearTimeout(timer);
    },
    destroy,
  };
}
