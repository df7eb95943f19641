import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { explainSystemError } from '../runtime/startup-error.ts';
import { createPluginCredentials } from './credential-plugin.ts';
import type { Credentials } from './credentials.ts';
import { type KubeContext, notUsable, readKubeContext } from './kube-config-file.ts';

/** Where the cluster is told of; nothing given: as controller-runtime looks for it. */
export type ClusterSource = {
  /** Path of a kubeconfig file. */
  readonly kubeconfig?: string | undefined;
  /** Another context than its current one. */
  readonly context?: string;
  /** Where a pod's own files are looked for (`/var/run/secrets/...`), if not in the root folder. */
  readonly podRoot?: string;
};

export type Cluster = {
  /** May have a path; no slash at its end. */
  readonly server: string;
  /** The context's; in a pod, the pod's own. */
  readonly namespace: string;
  readonly proxyUrl: string | undefined;
  /** Reads files anew, which may have been replaced, and asks credential plugins. Rejects when that fails. */
  credentials(): Promise<Credentials>;
};

/**
 * The cluster of a kubeconfig: the given file, else $KUBECONFIG, else that of the pod we run in, else ~/.kube/config.
 * Throws a `StartupError` when there is none, or when it cannot be used.
 */
export function loadCluster({ kubeconfig, context, podRoot = '/' }: ClusterSource): Cluster {
  const path = kubeconfig ?? process.env.KUBECONFIG;
  if (path) return clusterOfFile(path, context);
  if (process.env.KUBERNETES_SERVICE_HOST) return clusterOfPod(podRoot);
  const homePath = join(homedir(), '.kube', 'config');
  if (existsSync(homePath)) return clusterOfFile(homePath, context);
  throw notUsable(homePath, 'there is none, nor is $KUBECONFIG set, and this is no pod: name one with --kubeconfig');
}

function clusterOfFile(path: string, wanted: string | undefined): Cluster {
  if (path.includes(delimiter)) throw notUsable(path, 'these are several files: name one of them with --kubeconfig');
  const context = readKubeContext(path, wanted);
  const { cluster, user } = context;
  // A token must not cross the network in the clear by a typing error.
  if (cluster.server.startsWith('http:') && !cluster['insecure-skip-tls-verify'])
    throw notUsable(path, `${cluster.server} is not encrypted: that takes insecure-skip-tls-verify`);
  const usesPlugin = Boolean(user.exec ?? user['auth-provider']);
  return {
    server: cluster.server.replace(/\/+$/, ''),
    namespace: context.namespace || 'default',
    proxyUrl: cluster['proxy-url'] ?? undefined,
    credentials: usesPlugin
      ? createPluginCredentials(path, context.name)
      : () => readCredentials(context, resolve(dirname(path))),
  };
}

/** Files are named in relation to the kubeconfig's folder. */
async function readCredentials({ cluster, user }: KubeContext, folder: string): Promise<Credentials> {
  const read = async (
    data: string | null | undefined,
    file: string | null | undefined,
  ): Promise<Buffer | undefined> => {
    if (data) return Buffer.from(data, 'base64');
    return file ? readFile(resolve(folder, file)) : undefined;
  };
  const [ca, cert, key, token] = await Promise.all([
    read(cluster['certificate-authority-data'], cluster['certificate-authority']),
    read(user['client-certificate-data'], user['client-certificate']),
    read(user['client-key-data'], user['client-key']),
    user.tokenFile ? readFile(resolve(folder, user.tokenFile), 'utf8') : user.token,
  ]);
  return {
    headers: {
      ...(user.username && {
        authorization: `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`,
      }),
      ...(token && { authorization: `Bearer ${token.trim()}` }),
      ...(user.as && { 'impersonate-user': user.as }),
    },
    tls: {
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(cluster['tls-server-name'] && { servername: cluster['tls-server-name'] }),
      ...(cluster['insecure-skip-tls-verify'] && { rejectUnauthorized: false }),
    },
  };
}

/** By the service account of our own pod, whose token the kubelet replaces every hour or so. */
function clusterOfPod(podRoot: string): Cluster {
  const folder = join(podRoot, 'var/run/secrets/kubernetes.io/serviceaccount');
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '443' } = process.env;
  try {
    return {
      server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
      namespace: readFileSync(join(folder, 'namespace'), 'utf8').trim(),
      proxyUrl: undefined,
      async credentials() {
        const [ca, token] = await Promise.all([
          readFile(join(folder, 'ca.crt')),
          readFile(join(folder, 'token'), 'utf8'),
        ]);
        return { headers: { authorization: `Bearer ${token.trim()}` }, tls: { ca } };
      },
    };
  } catch (error) {
    throw notUsable(folder, `this pod has no service account (${explainSystemError(error)})`, error);
  }
}
