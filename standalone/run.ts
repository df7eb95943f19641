import type { Registry } from 'prom-client';
import { assembleGateway, drainGateway, fingerprintsOf, openGateway } from '../gateway/assemble.ts';
import { createRepositoryDialer } from '../gateway/link/dialer.ts';
import { aborted } from '../runtime/aborted.ts';
import { formatAddress } from '../runtime/config/address.ts';
import type { Config } from '../runtime/config/schema.ts';
import { startHealthServer } from '../runtime/health-server.ts';
import type { EndSignals } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import { createMetrics, registerLogMetrics } from '../runtime/metrics.ts';
import { version } from '../runtime/version.ts';
import { openDataFolder } from './data-folder.ts';
import { openHostKeys } from './host-keys.ts';
import { openManifestIndex } from './manifest-index.ts';
import { type RepositoryProcess, startRepositoryProcess } from './repository-process.ts';

/**
 * `git-ingress run`: index and gateway in this process, the repository server in its own, reached over the real link.
 * Resolves when all of it has ended in good order. Throws a `StartupError` for what its surroundings do not give.
 */
export async function runStandalone(config: Config, log: Log, { drain, stop }: EndSignals): Promise<void> {
  const metrics = createMetrics({ component: 'standalone', version });
  registerLogMetrics(metrics, log.sink);
  const data = await openDataFolder(config.data);
  const hostKeys = await openHostKeys(data.hostKeys);
  await using ending = new AsyncDisposableStack();
  const starting = startRepositoryProcess({ config, data, log });
  // Also where the manifests cannot be read: it leaves nothing in the data folder.
  ending.defer(async () => (await starting.catch(() => undefined))?.close());
  const [index, repository] = await Promise.all([openManifestIndex(config, log.logger, metrics), starting]);
  const dialer = createRepositoryDialer({
    address: repository.address,
    podName: repository.podName,
    signingKey: repository.linkPrivateKey,
    log: log.logger,
  });
  ending.defer(() => dialer.close());
  const { source } = index;
  // Index and manifests are in one process and on one machine: no network cuts them off from each other.
  const maxIndexAge = Number.POSITIVE_INFINITY;
  const gateway = assembleGateway({ config, log, metrics, hostKeys, source, dialer, maxIndexAge });

  const health = await startHealthServer({
    ...{ config, log, metrics: joinMetrics(metrics, repository), drain },
    notReady: () => [
      ...(gateway.isListening ? [] : ['not listening']),
      ...(source.current === undefined ? ['no index yet'] : []),
      ...(repository.isUp ? [] : ['the repository server is being started again']),
    ],
  });
  ending.defer(() => health.close());
  const addresses = { ssh: formatAddress(await openGateway(gateway, config)), ...health.addresses };
  log.logger.info(
    { ...addresses, hostKeys: fingerprintsOf(hostKeys), manifests: config.manifests, data: data.path, version },
    'ready',
  );

  // What is revoked during the drain ends as at any other time.
  const served = new AbortController();
  const watching = index.watch(served.signal).finally(() => gateway.close());
  await Promise.race([aborted(drain), watching]);
  await drainGateway(gateway, config, stop);
  served.abort();
  await watching;
}

/** Both processes' metrics in one page. */
const joinMetrics = (registry: Registry, repository: RepositoryProcess) => ({
  contentType: registry.contentType,
  metrics: async () => (await registry.metrics()) + (await repository.metrics()),
});
