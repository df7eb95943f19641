import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import type { ApiServer } from '../harness/api-server.ts';
import type { Scope } from '../harness/standalone.ts';

/** The object as the API server would store it, or, of a refused one, why: the message that kubectl prints. */
export type Answer = { readonly status: number; readonly body: { readonly message: string; readonly spec?: unknown } };

export type Asker = (object: Readonly<Record<string, unknown>>) => Promise<Answer>;

const plurals: Readonly<Record<string, string>> = {
  GitUser: 'gitusers',
  SSHKey: 'sshkeys',
  Repository: 'repositories',
  AccessIndexShard: 'accessindexshards',
  GatewayReport: 'gatewayreports',
};

/**
 * Asks an API server whether it would create an object of ours in the namespace `default`, and refuses unknown fields as
 * kubectl does. Without kubectl, which takes half a second for each.
 */
export function createAsker(scope: Scope, server: ApiServer): Asker {
  const agent = new Agent({ keepAlive: true });
  scope.after(() => agent.destroy());
  const ca = readFileSync(server.caFile);
  const headers = { authorization: `Bearer ${server.token('admin')}`, 'content-type': 'application/json' };
  const base = `${server.url}/apis/gitingress.dev/v1alpha1/namespaces/default`;
  return (object) => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const url = `${base}/${plurals[String(object.kind)]}?dryRun=All&fieldValidation=Strict`;
    const asked = request(url, { method: 'POST', agent, ca, headers }, async (response) => {
      const text = Buffer.concat(await response.toArray()).toString();
      resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) });
    });
    asked.on('error', reject);
    asked.end(JSON.stringify(object));
    return promise;
  };
}
