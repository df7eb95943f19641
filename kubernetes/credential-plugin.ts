import type { ConnectionOptions } from 'node:tls';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Credentials } from './credentials.ts';

/**
 * The credentials of a kubeconfig whose user gets them from a program (`exec`) or a provider (OIDC): by the client library,
 * which keeps them until they expire. It is loaded when it is needed: it takes 80 MB and half a second, which no pod of
 * ours has to pay.
 */
export function createPluginCredentials(path: string, context: string): () => Promise<Credentials> {
  let config: Promise<KubeConfig> | undefined;
  return async () => {
    config ??= loadKubeConfig(path, context);
    // It also puts an agent in here, which it keeps for itself, and which never makes a connection.
    const read: Parameters<KubeConfig['applyToHTTPSOptions']>[0] & ConnectionOptions = {};
    await (await config).applyToHTTPSOptions(read);
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(read.headers ?? {})) headers[name.toLowerCase()] = String(value).trim();
    const { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized } = read;
    const given = Object.entries({ ca, cert, key, pfx, passphrase, servername, rejectUnauthorized });
    return { headers, tls: Object.fromEntries(given.filter(([, value]) => value !== undefined)) };
  };
}

async function loadKubeConfig(path: string, context: string): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromFile(path);
  config.setCurrentContext(context);
  return config;
}
