import type { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { aborted } from '../runtime/aborted.ts';
import { version } from '../runtime/version.ts';
import { type Agents, createAgents } from './agents.ts';
import { ConnectionFault } from './api-error.ts';
import type { Credentials, TlsMaterial } from './credentials.ts';
import { type ClusterSource, loadCluster } from './kube-config.ts';

export type HttpRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, as `collectionPath` and `objectPath` give it. */
  readonly path: string;
  /** The media type of `body`. */
  readonly contentType?: string;
  readonly body?: string;
  /** Ends the request, and the body of its response. */
  readonly signal: AbortSignal;
};

export type HttpResponse = {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  /** To be read to its end, or destroyed. */
  readonly body: Readable;
};

export type ClusterConnection = {
  /** `HOST:PORT`. */
  readonly host: string;
  /** Of the kubeconfig's context, or of the pod we run in. */
  readonly namespace: string;
  /** One attempt; resolves with the headers, whatever the status. Rejects with a `ConnectionFault`, or as `signal` says. */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** After the server refused them: the next request reads everything anew. */
  forgetCredentials(): void;
  /** Waits for what runs, takes nothing new. Repeatable. */
  close(): Promise<void>;
  /** Ends everything. Repeatable. */
  destroy(): Promise<void>;
};

const defaultBeatMs = 5_000;
/** So long credentials are used without a look at the files they came from. */
const credentialsMs = 1_000;
/** So long a credential plugin that does not answer is waited for before it is started once more. */
const pluginMs = 30_000;

/**
 * The connection of this process to the API server: one TCP connection for all requests and watches, over HTTP/2. The
 * client library would make one for each request. `beatMs` is the time between pings. Throws a `StartupError` when the
 * kubeconfig cannot be used.
 */
export function connectCluster(
  source: ClusterSource = {},
  { beatMs = defaultBeatMs }: { readonly beatMs?: number } = {},
): ClusterConnection {
  let cluster = loadCluster(source);
  const { namespace, proxyUrl } = cluster;
  const { origin, host, pathname } = new URL(cluster.server);
  let agents: Agents | undefined;
  const retiring = new Set<Agents>();
  let credentials: { readonly value: Promise<Credentials>; until: number } | undefined;
  let isClosed = false;

  /** What is in the files is compared, not their dates: a mounted secret is replaced as a whole. */
  function agentsFor(tls: TlsMaterial): Agents {
    if (agents !== undefined && isDeepStrictEqual(agents.tls, tls)) return agents;
    if (agents !== undefined) retire(agents);
    agents = createAgents({ origin, tls, proxyUrl, beatMs });
    return agents;
  }

  function retire(former: Agents): void {
    retiring.add(former);
    void former.retire().then(() => retiring.delete(former));
  }

  const allAgents = (): readonly Agents[] => [...retiring, ...(agents === undefined ? [] : [agents])];

  function currentCredentials(): Promise<Credentials> {
    const now = performance.now();
    if (credentials !== undefined && now <= credentials.until) return credentials.value;
    const read = { value: cluster.credentials(), until: now + pluginMs };
    credentials = read;
    const expireIn = (ms: number) => (): void => {
      read.until = performance.now() + ms;
    };
    read.value.then(expireIn(credentialsMs), expireIn(-1));
    return read.value;
  }

  async function send({ method, path, contentType, body, signal }: HttpRequest): Promise<HttpResponse> {
    // A credential plugin may hang.
    const ended = aborted(signal).then(() => Promise.reject(signal.reason));
    const { headers, tls } = await Promise.race([currentCredentials(), ended]).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw new ConnectionFault('NoCredentials', `cannot get credentials: ${messageOf(cause)}`, { sent: false, cause });
    });
    if (isClosed) throw new ConnectionFault('Unreachable', 'the connection was closed', { sent: false });
    try {
      const response = await agentsFor(tls).request({
        ...{ method, path: `${pathname === '/' ? '' : pathname}${path}`, signal, body: body ?? null },
        headers: {
          ...{ accept: 'application/json', 'user-agent': `git-ingress/${version}`, ...headers },
          ...(contentType !== undefined && { 'content-type': contentType }),
        },
      });
      const { statusCode: status, headers: received } = response;
      return { status, header: (name) => asText(received[name]), body: response.body };
    } catch (cause) {
      signal.throwIfAborted();
      throw new ConnectionFault('Unreachable', messageOf(cause), { sent: !neverSent.has(codeOf(cause)), cause });
    }
  }

  return {
    host,
    namespace,
    send,
    forgetCredentials() {
      credentials = undefined;
      try {
        // A kubeconfig is read once by the library: its tokens would stay as they were.
        cluster = loadCluster(source);
      } catch {
        // Somebody is writing it. Until they are done, the server refuses us for what we have.
      }
    },
    async close() {
      isClosed = true;
      await Promise.all(allAgents().map((each) => each.close()));
    },
    async destroy() {
      isClosed = true;
      await Promise.all(allAgents().map((each) => each.destroy()));
    },
  };
}

/** Codes, ours, and those of Node and undici, for connections that were never made. */
const neverSent: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'],
  ...['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ...['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UND_ERR_CLOSED'],
  ...['NOT_CONNECTED', 'REFUSED_STREAM'],
]);

const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException | undefined)?.code ?? '');

const messageOf = (error: unknown): string => (error instanceof Error ? error.message || codeOf(error) : String(error));

const asText = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(', ') : value;
