import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditEvent, type AuditLevel, readAuditLog } from './audit.ts';
import { startControllerManager } from './controller-manager.ts';
import type { Daemon } from './daemon.ts';
import { startEtcd } from './etcd.ts';
import { freePort } from './free-port.ts';
import { apiServerFiles, startKubeApiserver, untilReady } from './kube-apiserver.ts';
import { type Access, makeIdentity, tokenFile, writeKubeconfig } from './kubeconfig.ts';
import { kubernetesPrograms } from './kubernetes-programs.ts';
import { must, type Outcome, type RunOptions, run } from './run.ts';
import { makeHome, type Scope } from './standalone.ts';

/** A real kube-apiserver with RBAC, on an etcd of its own. */
export type ApiServer = {
  /** A folder for the test's own files. */
  readonly home: string;
  readonly url: string;
  readonly caFile: string;
  /** Of the API server; another one after a restart. */
  readonly pid: number;
  /** The token of `admin`, who may do everything, or of one of `users`. */
  token(user: string): string;
  /** The path of a kubeconfig: for `admin`, for one of `users`, or under any name for a token that the server gave out. */
  kubeconfig(user: string, token?: string): string;
  /** Runs the real kubectl to its end, as `admin` unless told otherwise. */
  kubectl(args: readonly string[], options?: KubectlOptions): Promise<Outcome>;
  /** The same, and fails unless kubectl succeeds. */
  mustKubectl(args: readonly string[], options?: KubectlOptions): Promise<Outcome>;
  /** Makes a namespace, and gives its name. */
  namespace(): Promise<string>;
  /** What it was asked so far; for that it needs the option `audit`. */
  auditLog(): readonly AuditEvent[];
  /**
   * Has etcd forget all revisions but the present one. An API server that was restarted after it answers 410 Gone to the
   * continuation of a list and to a watch from before; until then it may answer out of its own memory.
   */
  compact(): Promise<void>;
  /** Ends the API server alone, by SIGKILL. */
  kill(): Promise<void>;
  /** Starts the API server anew, on the same port and etcd, and waits until it is ready. */
  restart(): Promise<void>;
  /** A disaster: API server and etcd are killed, and come back on the same port with not one object. */
  empty(): Promise<void>;
  /** Tokens of service accounts, garbage collection, the end of namespaces, aggregated roles. */
  startControllerManager(): Promise<void>;
};

export type KubectlOptions = RunOptions & { readonly user?: string };

export type ApiServerOptions = {
  /** Who may log in beside `admin`, with their groups. RBAC allows them nothing until the test says so. */
  readonly users?: Readonly<Record<string, readonly string[]>>;
  readonly audit?: AuditLevel;
  /** Further flags of kube-apiserver. */
  readonly args?: readonly string[];
};

const controllerManager = 'system:kube-controller-manager';

/**
 * Starts a kube-apiserver and its etcd on free ports of 127.0.0.1, and waits until it is ready. They end with their scope:
 * for a whole file, that is `{ after }` of node:test, at the file's top level. Within before() it would be that hook.
 */
export async function startApiServer(scope: Scope, options: ApiServerOptions = {}): Promise<ApiServer> {
  const programs = await kubernetesPrograms();
  const home = makeHome();
  const files = apiServerFiles(home);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(files.serviceAccountKey, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  const identities = Object.entries({ admin: ['system:masters'], [controllerManager]: [], ...options.users }).map(
    ([user, groups]) => makeIdentity(user, groups),
  );
  writeFileSync(files.tokens, tokenFile(identities), { mode: 0o600 });
  const token = (user: string): string => {
    const identity = identities.find((each) => each.user === user);
    if (identity === undefined) throw new Error(`nobody is called ${user}`);
    return identity.token;
  };

  const daemons = new Set<Daemon>();
  scope.after(async () => {
    // The last first: a controller manager without its server, and a server without its etcd, would only complain.
    for (const daemon of [...daemons].toReversed()) await daemon.kill();
  });
  const keep = (daemon: Daemon): Daemon => {
    daemons.add(daemon);
    return daemon;
  };
  const end = async (daemon: Daemon): Promise<void> => {
    await daemon.kill();
    daemons.delete(daemon);
  };
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const access = (itsToken: string): Access => ({ server: url, caFile: files.ca, token: itsToken });
  let etcd = await startEtcd(home);
  keep(etcd.daemon);
  const start = async (): Promise<Daemon> => {
    const { audit, args = [] } = options;
    const daemon = keep(await startKubeApiserver({ folder: home, port, etcd, audit, args }));
    await untilReady(access(token('admin')), [etcd.daemon, daemon]);
    return daemon;
  };
  let server = await start();

  const kubeconfig = (user: string, itsToken = token(user)): string => writeKubeconfig(home, user, access(itsToken));
  const withKubectl =
    (runner: typeof run): ApiServer['kubectl'] =>
    (args, { user = 'admin', env, ...others } = {}) =>
      // kubectl keeps a cache in its home.
      runner(join(programs, 'kubectl'), args, {
        env: { HOME: home, KUBECONFIG: kubeconfig(user), ...env },
        ...others,
      });
  const mustKubectl = withKubectl(must);
  return {
    home,
    url,
    caFile: files.ca,
    get pid() {
      return server.pid;
    },
    token,
    kubeconfig,
    kubectl: withKubectl(run),
    mustKubectl,
    async namespace() {
      const name = `test-${randomBytes(4).toString('hex')}`;
      await mustKubectl(['create', 'namespace', name]);
      return name;
    },
    auditLog: () => readAuditLog(files.auditLog),
    compact: () => etcd.compact(),
    kill: () => end(server),
    async restart() {
      await end(server);
      server = await start();
    },
    async empty() {
      await end(server);
      await end(etcd.daemon);
      etcd = await startEtcd(home);
      keep(etcd.daemon);
      server = await start();
    },
    async startControllerManager() {
      keep(
        await startControllerManager({
          folder: home,
          kubeconfig: kubeconfig(controllerManager),
          caFile: files.ca,
          serviceAccountKeyFile: files.serviceAccountKey,
        }),
      );
    },
  };
}
