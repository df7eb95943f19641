import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TcpAddress } from './config/address.ts';
import { explainListenError } from './listen-error.ts';

export type HttpServerOptions = {
  readonly listen: TcpAddress;
  /** A registry of prom-client, or several put together. */
  readonly metrics: { readonly contentType: string; metrics(): Promise<string> };
  /** Why no work should be sent here, in words; none: ready. Asked at every request. */
  readonly notReady: () => readonly string[];
  /** Told why metrics could not be collected: whoever asked for them is not. */
  readonly onFault?: (error: unknown) => void;
};

type HttpServer = {
  /** With the port that was picked when 0 was asked for. */
  readonly address: TcpAddress;
  /** Stops listening and closes every connection. Repeatable. */
  close(): Promise<void>;
};

type Answer = { readonly status: number; readonly type?: string; readonly body: string };

/**
 * Serves /livez, /readyz and /metrics to GET and HEAD. Everything is bounded: it must hold even when it can be reached
 * from where it should not. Throws a `StartupError` when the address cannot be used.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const server = createServer(
    { headersTimeout: 5_000, requestTimeout: 5_000, keepAliveTimeout: 5_000, maxHeaderSize: 8_192 },
    (request, response) => void respond(request, response, options),
  );
  server.maxConnections = 64;
  server.maxHeadersCount = 64;
  // Also ends the connection of somebody who asks for the metrics and never reads them.
  server.setTimeout(10_000);
  const { host, port } = options.listen;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: 64 }, resolve);
  }).catch((error: unknown) => {
    throw explainListenError(error, { address: options.listen, service: 'HTTP', field: 'http.listen' });
  });
  return {
    address: { host, port: (server.address() as AddressInfo).port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(request: IncomingMessage, response: ServerResponse, options: HttpServerOptions): Promise<void> {
  const { status, type = 'text/plain; charset=utf-8', body } = await answer(request, options);
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    ...(status === 405 && { allow: 'GET, HEAD' }),
    // A body that nobody will read would be taken for the next request.
    ...(status >= 400 && status !== 503 && { connection: 'close' }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function answer(request: IncomingMessage, options: HttpServerOptions): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405, body: 'only GET and HEAD\n' };
  switch (request.url?.split('?', 1)[0]) {
    case '/livez':
      return { status: 200, body: 'ok\n' };
    case '/readyz': {
      const reasons = options.notReady();
      return reasons.length === 0
        ? { status: 200, body: 'ok\n' }
        : { status: 503, body: `not ready:\n${reasons.map((reason) => `- ${reason}\n`).join('')}` };
    }
    case '/metrics':
      try {
        return { status: 200, type: options.metrics.contentType, body: await options.metrics.metrics() };
      } catch (error) {
        options.onFault?.(error);
        return { status: 500, body: 'the metrics could not be collected\n' };
      }
    default:
      return { status: 404, body: 'there are /livez, /readyz and /metrics\n' };
  }
}
