import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createHttp1Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { makeSelfSignedCertificate } from './self-signed-certificate.ts';

/** The classes are those of HTTP/1; Node's HTTP/2 brings the same methods. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export type OddServer = {
  readonly port: number;
  /** Path of a kubeconfig with a CA file and a token file. */
  readonly kubeconfig: string;
  readonly caFile: string;
  /** `METHOD PATH` of each request so far. */
  readonly requests: readonly string[];
  /** Those that were ever made to it. */
  readonly connections: readonly Socket[];
  /** From now on, it answers like this. */
  answer: Answer;
  close(): Promise<void>;
};

type OddServerOptions = {
  readonly protocol?: 'h2' | 'http/1.1';
  readonly port?: number;
  readonly certificate?: ReturnType<typeof makeSelfSignedCertificate>;
};

/** A server of TLS that answers as a test tells it to, however badly: what a real API server cannot be made to do. */
export async function startOddServer(
  context: TestContext,
  answer: Answer,
  { protocol = 'h2', port = 0, certificate = makeSelfSignedCertificate() }: OddServerOptions = {},
): Promise<OddServer> {
  const requests: string[] = [];
  const connections: Socket[] = [];
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    requests.push(`${request.method} ${request.url}`);
    response.on('error', () => {});
    server.answer(request, response);
  };
  const listener = (
    protocol === 'h2' ? createSecureServer(certificate, serve as never) : createHttp1Server(certificate, serve as never)
  ) as Server;
  listener.on('connection', (socket: Socket) => {
    socket.on('error', () => {});
    connections.push(socket);
  });
  listener.on('tlsClientError', () => {});
  listener.on('sessionError', () => {});
  listener.listen(port, '127.0.0.1');
  await once(listener, 'listening');
  const folder = mkdtempSync(join(tmpdir(), 'odd-server-'));
  const files = { ca: join(folder, 'ca.crt'), kubeconfig: join(folder, 'kubeconfig') };
  writeFileSync(files.ca, certificate.cert);
  const bound = (listener.address() as AddressInfo).port;
  writeFileSync(files.kubeconfig, buildKubeconfig(`https://127.0.0.1:${bound}`, files.ca));
  const server: OddServer = {
    ...{ port: bound, kubeconfig: files.kubeconfig, caFile: files.ca, requests, connections, answer },
    async close() {
      for (const socket of connections) socket.destroy();
      if (listener.listening) await new Promise((resolve) => listener.close(resolve));
    },
  };
  context.after(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
  return server;
}

/** kubeconfig files are YAML, and JSON is a part of that. */
export const buildKubeconfig = (server: string, caFile: string, token = 'token-1'): string =>
  JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'test' },
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority': caFile } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: 'tenant' } }],
  });

export function answerJson(response: ServerResponse, status: number, body: unknown, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** metav1.Status. */
export const buildStatus = (code: number, reason: string, message = reason): object => ({
  ...{ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message },
});
