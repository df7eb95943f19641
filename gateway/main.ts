import type { KeyObject } from 'node:crypto';
import type { Registry } from 'prom-client';
import { ticketKeyId } from '../core/link/ticket.ts';
import { type ApiClient, createApiClient } from '../kubernetes/api-client.ts';
import { createApply } from '../kubernetes/apply.ts';
import { connectCluster } from '../kubernetes/connection.ts';
import { createClientMetrics } from '../kubernetes/metrics.ts';
import { createRestClient } from '../kubernetes/rest-client.ts';
import { aborted } from '../runtime/aborted.ts';
import { formatAddress } from '../runtime/config/address.ts';
import type { Config } from '../runtime/config/schema.ts';
import { followChanges } from '../runtime/follow-changes.ts';
import { startHealthServer } from '../runtime/health-server.ts';
import type { EndSignals } from '../runtime/lifecycle.ts';
import { readLinkPrivateKey } from '../runtime/link-key-file.ts';
import type { Log, Logger } from '../runtime/log.ts';
import { createMetrics, registerLogMetrics } from '../runtime/metrics.ts';
import { version } from '../runtime/version.ts';
import { assembleGateway, drainGateway, fingerprintsOf, openGateway } from './assemble.ts';
import { isTooOld } from './authentication.ts';
import { systemClock } from './clock.ts';
import { type ClusterIndex, startClusterIndex } from './cluster/index-source.ts';
import { reportToOperator } from './cluster/report.ts';
import { fieldManager } from './cluster/resource-types.ts';
import { readHostKeys } from './host-key-files.ts';
import { createRepositoryDialer } from './link/dialer.ts';
import type { AccessIndexSource } from './ports.ts';

/**
 * `git-ingress gateway`: serves from the access index of a cluster. Resolves when all of it has ended in good order.
 * Throws a `StartupError` for what its surroundings do not give.
 */
export async function runGateway(config: Config, log: Log, { drain, stop }: EndSignals): Promise<void> {
  const { pod, hostKeys: hostKeyFolder, linkKey, repository, repositoryPod } = config.gateway;
  if (!pod || !hostKeyFolder || !linkKey || !repository || !repositoryPod)
    throw new Error('required options are absent');
  const { logger } = log;
  const metrics = createMetrics({ component: 'gateway', version });
  registerLogMetrics(metrics, log.sink);
  const hostKeys = await readHostKeys(hostKeyFolder);
  const signingKey = await readLinkPrivateKey(linkKey);
  await using ending = new AsyncDisposableStack();
  const { client, namespace } = connect(config, metrics, ending);
  const served = new AbortController();
  const { signal } = served;

  const index = followIndex(client, namespace, config, logger, signal);
  // In the end: what is revoked during the drain ends as at any other time.
  ending.defer(async () => {
    served.abort();
    await index.closed;
  });
  const dialer = createRepositoryDialer({ address: repository, podName: repositoryPod, signingKey, log: logger });
  ending.defer(() => dialer.close());
  void followLinkKey(linkKey, signingKey, dialer.useSigningKey, logger, signal);
  const maxIndexAge = config.index.maxAge;
  const gateway = assembleGateway({ config, log, metrics, hostKeys, source: index, dialer, maxIndexAge });

  const health = await startHealthServer({
    ...{ config, log, metrics, drain },
    notReady: () => [...(gateway.isListening ? [] : ['not listening']), ...whyUnusable(index, maxIndexAge)],
  });
  ending.defer(() => health.close());
  const addresses = { ssh: formatAddress(await openGateway(gateway, config)), ...health.addresses };
  logger.info({ ...addresses, hostKeys: fingerprintsOf(hostKeys), namespace, pod, version }, 'listening');

  const sessions = (): number => gateway.counts.sessions;
  const apply = createApply(client, fieldManager);
  const reports = { apply, namespace, pod, source: index, sessions, clock: systemClock, log: logger, signal: drain };
  const reporting = reportToOperator(reports);
  await aborted(drain);
  await drainGateway(gateway, config, stop);
  await reporting;
}

function connect(
  { kubernetes }: Config,
  metrics: Registry,
  ending: AsyncDisposableStack,
): { readonly client: ApiClient; readonly namespace: string } {
  const connection = connectCluster(kubernetes);
  ending.defer(() => connection.destroy());
  const client = createApiClient(createRestClient(connection, createClientMetrics(metrics)));
  return { client, namespace: kubernetes.namespace ?? connection.namespace };
}

function followIndex(
  client: ApiClient,
  namespace: string,
  { index: { maxAge } }: Config,
  log: Logger,
  signal: AbortSignal,
): ClusterIndex {
  let wasTooOld = false;
  const index = startClusterIndex({
    ...{ client, namespace, clock: systemClock, log, signal },
    onBeat() {
      const isNow = isTooOld(index, maxAge);
      if (isNow && !wasTooOld) log.error({ seconds: index.ageSeconds() }, 'the index is too old: nobody is let in');
      if (wasTooOld && !isNow) log.info('the index is up to date again');
      wasTooOld = isNow;
    },
  });
  return index;
}

function whyUnusable(source: AccessIndexSource, maxIndexAge: number): readonly string[] {
  if (source.current === undefined) return ['no index yet'];
  return isTooOld(source, maxIndexAge) ? ['the index is too old'] : [];
}

/** A key that was rotated is signed with from the next ticket on. */
function followLinkKey(
  file: string,
  first: KeyObject,
  onChange: (key: KeyObject) => void,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  return followChanges({
    ...{ first, signal, idOf: ticketKeyId, read: () => readLinkPrivateKey(file) },
    onChange(key) {
      onChange(key);
      log.info({ keyId: ticketKeyId(key) }, 'tickets are signed with another link key');
    },
    onFault: (error) => log.error({ err: error }, 'the link key cannot be read: the one that was read last is used'),
  });
}
