import type { ApiClient } from '../../kubernetes/api-client.ts';
import { type ApiServer, startApiServer } from '../../test/harness/api-server.ts';
import { connect } from '../../test/harness/connect.ts';
import {
  type GatewayServer,
  type RepositoryServer,
  startGateway,
  startRepositoryServer,
} from '../../test/harness/gateway.ts';
import { installChart } from '../../test/harness/install-chart.ts';
import { type Scope, type ServerProcess, startServerProcess } from '../../test/harness/server-process.ts';

/** An API server, and one release of the chart on it, whose identities its components have. */
export type Release = {
  readonly server: ApiServer;
  /** As an administrator. */
  readonly client: ApiClient;
  /** Of the release. */
  readonly namespace: string;
  /** Resolves when it says where it listens: it need not lead yet. */
  startOperator(scope: Scope): Promise<ServerProcess>;
  /** Resolves when it listens: it need not be ready. */
  startGateway(scope: Scope, pod: string): Promise<GatewayServer>;
};

/** The namespace of people's objects. */
export const peopleNamespace = 'bench';

/** What all releases share. */
export type Cluster = Pick<Release, 'server' | 'client'> & { readonly repository: RepositoryServer };

/** Starts kube-apiserver and etcd, with nothing on them but a namespace for people, and one repository server. */
export const startCluster = async (scope: Scope): Promise<Cluster> => {
  const server = await startApiServer(scope);
  const { client } = connect(scope, server.kubeconfig('admin'));
  await server.mustKubectl(['create', 'namespace', peopleNamespace]);
  return { server, client, repository: await startRepositoryServer(scope, server.home) };
};

/** Installs the chart under the name `release`, so that every component works with the rights that it has in earnest. */
export const installRelease = async (cluster: Cluster, release: string): Promise<Release> => {
  const { server, client, repository } = cluster;
  const { address, pod } = repository;
  const values = { gateway: { repository: { address, pod } } };
  const chart = await installChart(server, { release, namespace: release, values });
  const { namespace } = chart;
  return {
    ...{ server, client, namespace },
    startOperator: (scope) =>
      startServerProcess(scope, [
        ...['operator', '--kubernetes-kubeconfig', chart.operatorKubeconfig],
        ...['--kubernetes-namespace', namespace, '--kubernetes-release', release],
      ]),
    async startGateway(scope, gatewayPod) {
      const kubeconfig = await chart.gatewayKubeconfig(gatewayPod);
      return startGateway(scope, { home: server.home, kubeconfig, namespace, pod: gatewayPod, repository });
    },
  };
};
