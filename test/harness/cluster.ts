import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import type { ApiClient } from '../../kubernetes/api-client.ts';
import type { StoredObject } from '../../kubernetes/kubernetes-object.ts';
import { listAll } from '../../kubernetes/paginated-list.ts';
import type { ResourceType } from '../../kubernetes/resource-type.ts';
import { resourceTypes, shardType } from '../../operator/resource-types.ts';
import { type ApiServer, type ApiServerOptions, startApiServer } from './api-server.ts';
import { connect } from './connect.ts';
import { leads } from './leads.ts';
import { run } from './run.ts';
import { executable, type Scope, type ServerProcess, startServerProcess } from './server-process.ts';
import { until } from './wait.ts';

/** The namespace of the release. */
export const releaseNamespace = 'git-ingress';

export const crds = fileURLToPath(new URL('../../crds', import.meta.url));

/** An API server that knows our kinds, with a namespace for the release and one for people, and quick ways to use it. */
export type Cluster = {
  readonly server: ApiServer;
  /** As an administrator. */
  readonly client: ApiClient;
  /** Creates or changes objects, as `manifest.ts` makes them. */
  apply(...objects: readonly object[]): Promise<void>;
  remove(kind: string, ref: string): Promise<void>;
  find(kind: string, ref: string): Promise<Found | undefined>;
  list(kind: string): Promise<readonly Found[]>;
  /** Waits until a condition of an object is `STATUS REASON`; gives its message. */
  condition(kind: string, ref: string, type: string, expected: string): Promise<string>;
  /** Starts the real operator; it need not lead yet. */
  startOperator(...options: readonly string[]): Promise<ServerProcess>;
  /** The same, and waits until it leads. */
  startLeader(...options: readonly string[]): Promise<ServerProcess>;
  /** Fails unless the index in the cluster is what a build from scratch gives. */
  verifyIndex(...options: readonly string[]): Promise<void>;
  /** How a component reaches the API server, as that user. */
  options(user?: string): readonly string[];
};

export type Found = StoredObject & {
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason: string;
      readonly message: string;
      readonly observedGeneration: number;
      readonly lastTransitionTime: string;
    }[];
    readonly [field: string]: unknown;
  };
};

const types: Readonly<Record<string, ResourceType>> = { ...resourceTypes, AccessIndexShard: shardType };

const typeOf = (kind: string): ResourceType => types[kind] ?? assert.fail(`no kind ${kind}`);

const splitRef = (ref: string): { readonly namespace: string; readonly name: string } => {
  const [namespace = '', name = ''] = ref.split('/');
  return { namespace, name };
};

/** What an API server that is empty lacks: our kinds, and the namespaces. */
export async function prepare(server: ApiServer): Promise<void> {
  await server.mustKubectl(['apply', '-f', crds]);
  await server.mustKubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all']);
  for (const name of [releaseNamespace, 'team', 'other']) await server.mustKubectl(['create', 'namespace', name]);
}

export async function startCluster(scope: Scope, options: ApiServerOptions = {}): Promise<Cluster> {
  const server = await startApiServer(scope, options);
  await prepare(server);
  const { client } = connect(scope, server.kubeconfig('admin'));
  const manager = { fieldManager: 'test', force: true };

  const find = async (kind: string, ref: string): Promise<Found | undefined> =>
    (await client.get(typeOf(kind), splitRef(ref))) as Found | undefined;
  const componentOptions = (user = 'admin'): readonly string[] => [
    ...['--kubernetes-kubeconfig', server.kubeconfig(user)],
    ...['--kubernetes-namespace', releaseNamespace],
  ];
  const startOperator: Cluster['startOperator'] = (...more) =>
    startServerProcess(scope, ['operator', ...componentOptions(), ...more]);
  return {
    server,
    client,
    async apply(...objects) {
      for (const object of objects as readonly StoredObject[]) await client.apply(typeOf(object.kind), object, manager);
    },
    async remove(kind, ref) {
      await client.remove(typeOf(kind), splitRef(ref));
    },
    find,
    async list(kind) {
      const signal = AbortSignal.timeout(60_000);
      return (await listAll(client, typeOf(kind), (object) => object as Found, { signal })).items;
    },
    async condition(kind, ref, type, expected) {
      let last: Found | undefined;
      const wanted = async () => {
        last = await find(kind, ref);
        const found = last?.status?.conditions?.find((each) => each.type === type);
        return found !== undefined && `${found.status} ${found.reason}` === expected ? found : undefined;
      };
      try {
        return (await until(`${kind} ${ref}: ${type} ${expected}`, wanted)).message;
      } catch (error) {
        throw new Error(`${String(error)}; it has ${JSON.stringify(last?.status)}`);
      }
    },
    startOperator,
    async startLeader(...more) {
      const operator = await startOperator(...more);
      await leads(operator);
      return operator;
    },
    async verifyIndex(...more) {
      const found = await run(executable, ['operator', '--verify-index', ...componentOptions(), ...more]);
      assert.equal(found.status, 0, `${found.stdout}${found.stderr}`);
    },
    options: componentOptions,
  };
}
