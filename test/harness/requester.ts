import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import type { ApiServer } from './api-server.ts';
import type { Scope } from './server-process.ts';

export type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
};

/** A request to an API server, as it is: without retries, and without a client's second thoughts. */
export type Requester = (
  method: string,
  path: string,
  content?: { readonly type?: string; readonly body: object },
) => Promise<Reply>;

/** Asks with the token of a kubeconfig of the harness. Of an answer that goes on, such as a watch's, only the head is read. */
export function createRequester(scope: Scope, server: ApiServer, kubeconfig: string): Requester {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  scope.after(() => agent.destroy());
  const ca = readFileSync(server.caFile);
  const { token } = JSON.parse(readFileSync(kubeconfig, 'utf8')).users[0].user;
  return (method, path, content) => {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const headers = {
      authorization: `Bearer ${token}`,
      ...(content && { 'content-type': content.type ?? 'application/json' }),
    };
    const asked = request(`${server.url}${path}`, { method, agent, ca, headers, timeout: 10_000 }, async (response) => {
      const { statusCode: status = 0, headers } = response;
      const goesOn = status === 200 && path.includes('watch=');
      const body = goesOn ? '' : Buffer.concat(await response.toArray()).toString();
      if (goesOn) response.destroy();
      resolve({ status, headers, body });
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer to ${method} ${path}`)));
    asked.on('error', reject);
    asked.end(content && JSON.stringify(content.body));
    return promise;
  };
}
