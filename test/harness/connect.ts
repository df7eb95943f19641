import { type ApiClient, createApiClient } from '../../kubernetes/api-client.ts';
import { type ClusterConnection, connectCluster } from '../../kubernetes/connection.ts';
import { createRestClient } from '../../kubernetes/rest-client.ts';
import type { Scope } from './server-process.ts';

/** Our client of an API server, as whoever the kubeconfig at that path is of. It ends with its scope. */
export function connect(
  scope: Scope,
  kubeconfig: string,
): { readonly connection: ClusterConnection; readonly client: ApiClient } {
  const connection = connectCluster({ kubeconfig });
  scope.after(() => connection.destroy());
  return { connection, client: createApiClient(createRestClient(connection)) };
}
