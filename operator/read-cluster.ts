import { err, ok, type Result } from '../core/result.ts';
import { createApiClient } from '../kubernetes/api-client.ts';
import { ApiError, ConnectionFault, isForbidden, isNotFound } from '../kubernetes/api-error.ts';
import { connectCluster } from '../kubernetes/connection.ts';
import { createRestClient } from '../kubernetes/rest-client.ts';
import type { Config } from '../runtime/config/schema.ts';
import { StartupError } from '../runtime/startup-error.ts';
import { listObjects, type StoredObjects } from './list-objects.ts';

export type ClusterObjects = StoredObjects & {
  /** `HOST:PORT` of the API server. */
  readonly host: string;
};

/** For all of it; a cluster with 100,000 objects takes a few seconds. */
const deadlineMs = 120_000;

/**
 * Reads what people wrote from the cluster of the kubeconfig, as a person who may read GitUsers, SSHKeys and Repositories.
 * The error says why that could not be done, and what to do.
 */
export async function readCluster({
  kubernetes,
  operator: { namespaces },
}: Pick<Config, 'kubernetes' | 'operator'>): Promise<Result<ClusterObjects, string>> {
  try {
    const connection = connectCluster(kubernetes);
    const { host } = connection;
    try {
      const client = createApiClient(createRestClient(connection));
      const objects = await listObjects({ client, namespaces, signal: AbortSignal.timeout(deadlineMs) });
      return ok({ host, ...objects });
    } catch (error) {
      return err(`the objects in the cluster ${host} cannot be read: ${explain(error)}`);
    } finally {
      await connection.destroy();
    }
  } catch (error) {
    if (error instanceof StartupError) return err(error.message);
    throw error;
  }
}

function explain(error: unknown): string {
  if (isForbidden(error)) return `${error.message}; --operator-namespaces names the namespaces that you may read`;
  if (isNotFound(error)) return 'it does not know their kinds: install the chart, or what git-ingress crds prints';
  if (error instanceof ApiError || error instanceof ConnectionFault) return error.message;
  if (error instanceof DOMException && error.name === 'TimeoutError') return `no answer in ${deadlineMs / 1_000} s`;
  throw error;
}
