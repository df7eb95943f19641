import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createApiClient } from '../kubernetes/api-client.ts';
import { connectCluster } from '../kubernetes/connection.ts';
import { acquireLeadership } from '../kubernetes/leader-election.ts';
import { createClientMetrics, createLeaderMetric } from '../kubernetes/metrics.ts';
import { startReflector } from '../kubernetes/reflector.ts';
import { createRestClient } from '../kubernetes/rest-client.ts';
import { createStore } from '../kubernetes/store.ts';
import { aborted } from '../runtime/aborted.ts';
import type { Config } from '../runtime/config/schema.ts';
import { type ExitCode, exitCodes } from '../runtime/exit-codes.ts';
import { startHealthServer } from '../runtime/health-server.ts';
import type { EndSignals } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import { createMetrics, registerLogMetrics } from '../runtime/metrics.ts';
import { version } from '../runtime/version.ts';
import { followGateways } from './gateways.ts';
import { DeposedError } from './index/leading.ts';
import { readStoredPart, type StoredPart } from './index/stored-shard.ts';
import { policyOf } from './index-policy.ts';
import { lead } from './lead.ts';
import { openObjectCache } from './object-cache.ts';
import { shardType } from './resource-types.ts';
import { verifyIndex } from './verify-index.ts';

/**
 * `git-ingress operator`. Waits for its turn with everything in its memory, then leads until it is told to end. Failed: it
 * lost its leadership; a process that begins anew has nothing left of the old term.
 */
export async function runOperator(config: Config, log: Log, { drain, stop }: EndSignals): Promise<ExitCode> {
  const { logger } = log;
  const registry = createMetrics({ component: 'operator', version });
  registerLogMetrics(registry, log.sink);
  await using ending = new AsyncDisposableStack();
  const connection = connectCluster(config.kubernetes);
  ending.defer(() => connection.close());
  const rest = createRestClient(connection, createClientMetrics(registry));
  const client = createApiClient(rest);
  const namespace = config.kubernetes.namespace ?? connection.namespace;
  const end = new AbortController();
  // Before the connection closes, which waits for whatever still uses it.
  ending.defer(() => end.abort());
  const signal = AbortSignal.any([drain, stop, end.signal]);

  const stored = createStore<StoredPart>({ log: logger });
  const cache = openObjectCache({ client, namespaces: config.operator.namespaces, log: logger, signal });
  startReflector<StoredPart>({
    ...{ client, type: shardType, namespace, sink: stored, transform: readStoredPart, log: logger, signal },
  });
  const gateways = followGateways({ client, namespace, log: logger, registry, signal });
  const synced = Promise.all([cache.synced, stored.synced]);
  let isSynced = false;
  void synced.then(() => {
    isSynced = true;
  });

  const health = await startHealthServer({
    ...{ config, log, metrics: registry, drain },
    notReady: () => (isSynced ? [] : ['not all objects have been seen yet']),
  });
  ending.defer(() => health.close());

  const identity = `${hostname()}_${randomUUID()}`;
  const lease = { namespace, name: `${config.kubernetes.release}-operator` };
  const { host: server } = connection;
  logger.info({ ...health.addresses, server, namespace, identity, version }, 'waiting for leadership');
  await Promise.race([synced, aborted(signal)]);
  const leadership = await acquireLeadership({ client, lease, identity, log: logger, signal });
  if (leadership === undefined) return exitCodes.good;
  createLeaderMetric(registry)(lease.name, leadership.isLeader);
  ending.defer(() => leadership.release());
  try {
    await lead({
      ...{ client, rest, namespace, cache, stored, gateways, leadership, identity, log: logger, registry, signal },
      policy: policyOf(config),
      release: config.kubernetes.release,
      hostNames: config.operator.hostNames,
      givenHostKeys: config.operator.hostKeysSecret,
    });
    return exitCodes.good;
  } catch (error) {
    if (!(error instanceof DeposedError)) throw error;
    logger.error({ why: error.message }, 'leadership is lost: ending, to begin anew');
    return exitCodes.failed;
  }
}

/** `git-ingress operator --verify-index`: prints what is wrong with the index in the cluster. Failed: something is. */
export async function runVerification(config: Config, print: (line: string) => void): Promise<ExitCode> {
  const connection = connectCluster(config.kubernetes);
  try {
    const difference = await verifyIndex({
      client: createApiClient(createRestClient(connection)),
      namespaces: config.operator.namespaces,
      namespace: config.kubernetes.namespace ?? connection.namespace,
      policy: policyOf(config),
      signal: AbortSignal.timeout(verificationMs),
    });
    print(JSON.stringify(difference ?? { same: true }));
    return difference === undefined ? exitCodes.good : exitCodes.failed;
  } finally {
    await connection.close();
  }
}

const verificationMs = 300_000;
