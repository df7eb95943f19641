import type { Registry } from 'prom-client';
import { signatureAlgorithms } from '../core/ssh/signature.ts';
import { systemClock } from '../gateway/clock.ts';
import { createEventLog } from '../gateway/event-log.ts';
import { createEventMetrics, registerGatewayGauges } from '../gateway/event-metrics.ts';
import { createGateway, type Gateway } from '../gateway/gateway.ts';
import { createRepositoryDialer } from '../gateway/link/dialer.ts';
import type { AccessIndexSource } from '../gateway/ports.ts';
import { nativeCryptoAvailable } from '../gateway/ssh/internals.ts';
import { createSshServer } from '../gateway/ssh/server.ts';
import { aborted } from '../runtime/aborted.ts';
import { afterThisTurn } from '../runtime/after-this-turn.ts';
import { formatAddress } from '../runtime/config/address.ts';
import type { Config } from '../runtime/config/schema.ts';
import { startHttpServer } from '../runtime/http-server.ts';
import type { EndSignals } from '../runtime/lifecycle.ts';
import { explainListenError } from '../runtime/listen-error.ts';
import type { Log } from '../runtime/log.ts';
import { logIsLost } from '../runtime/log-sink.ts';
import { createMetrics, registerLogMetrics } from '../runtime/metrics.ts';
import { version } from '../runtime/version.ts';
import { openDataFolder } from './data-folder.ts';
import { type HostKey, openHostKeys } from './host-keys.ts';
import { openManifestIndex } from './manifest-index.ts';
import { type RepositoryProcess, startRepositoryProcess } from './repository-process.ts';

/**
 * `git-ingress run`: index and gateway in this process, the repository server in its own, reached over the real link.
 * Resolves when all of it has ended in good order. Throws a `StartupError` for what its surroundings do not give.
 */
export async function runStandalone(config: Config, log: Log, { drain, stop }: EndSignals): Promise<void> {
  if (!nativeCryptoAvailable())
    log.logger.warn('no native crypto: every byte costs twice the CPU; run make clean setup');
  const metrics = createMetrics({ component: 'standalone', version });
  registerLogMetrics(metrics, log.sink);
  const data = await openDataFolder(config.data);
  const hostKeys = await openHostKeys(data.hostKeys);
  await using ending = new AsyncDisposableStack();
  const starting = startRepositoryProcess({ config, data, log });
  // Also where the manifests cannot be read: it leaves nothing in the data folder.
  ending.defer(async () => (await starting.catch(() => undefined))?.close());
  const [index, repository] = await Promise.all([openManifestIndex(config, log.logger, metrics), starting]);
  const { gateway, closeDialer } = wireGateway(config, log, metrics, hostKeys, index.source, repository);
  ending.defer(closeDialer);

  const notReady = (): string[] => [
    ...(drain.aborted ? ['draining'] : []),
    ...(gateway.isListening ? [] : ['not listening']),
    ...(index.source.current === undefined ? ['no index yet'] : []),
    ...(repository.isUp ? [] : ['the repository server is being started again']),
    ...(log.sink.isLosing ? [logIsLost] : []),
  ];
  const http =
    config.http.listen &&
    (await startHttpServer({
      listen: config.http.listen,
      metrics: joinMetrics(metrics, repository),
      notReady,
      onFault: (error) => log.logger.error({ err: error }, 'metrics could not be collected'),
    }));
  ending.defer(async () => http?.close());
  const ssh = await listen(gateway, config);
  const addresses = { ssh: formatAddress(ssh), ...(http && { http: formatAddress(http.address) }) };
  const fingerprints = hostKeys.map(({ publicKey, fingerprint }) => `${publicKey.split(' ', 1)} ${fingerprint}`);
  log.logger.info(
    { ...addresses, hostKeys: fingerprints, manifests: config.manifests, data: data.path, version },
    'ready',
  );

  // What is revoked during the drain ends as at any other time.
  const served = new AbortController();
  const watching = index.watch(served.signal).finally(() => gateway.close());
  await Promise.race([aborted(drain), watching]);
  const graceEnds = AbortSignal.any([stop, AbortSignal.timeout(config.shutdown.gracePeriod)]);
  graceEnds.addEventListener('abort', () => gateway.destroy());
  await gateway.close();
  served.abort();
  await watching;
}

function wireGateway(
  config: Config,
  log: Log,
  metrics: Registry,
  hostKeys: readonly HostKey[],
  source: AccessIndexSource,
  repository: RepositoryProcess,
): { readonly gateway: Gateway; readonly closeDialer: () => Promise<void> } {
  const writeLog = createEventLog(log.logger, log.audit, systemClock);
  const count = createEventMetrics(metrics);
  const dialer = createRepositoryDialer({
    address: repository.address,
    podName: repository.podName,
    signingKey: repository.linkPrivateKey,
    log: log.logger,
  });
  const ssh = createSshServer({
    hostKeys: hostKeys.map(({ privateKey }) => privateKey),
    softwareVersion: config.ssh.softwareVersion,
    signatureAlgorithms,
    rekey: { bytes: config.ssh.rekeyBytes, intervalMs: config.ssh.rekeyInterval },
    keepalive: { intervalMs: config.ssh.keepaliveInterval, maxMissed: config.ssh.keepaliveMaxMissed },
    maxChannels: config.sessions.maxPerConnection,
    maxAttempts: config.login.maxAttempts,
  });
  const gateway = createGateway({
    source,
    dialer,
    ssh,
    clock: systemClock,
    emit: afterThisTurn((event) => {
      writeLog(event);
      count(event);
    }),
    admission: {
      maxConnections: config.connections.max,
      maxPending: config.login.maxPending,
      maxPendingPerAddress: config.login.maxPendingPerAddress,
      exemptRanges: config.login.exemptRanges,
    },
    maxConnectionsPerUser: config.connections.maxPerUser,
    sessions: config.sessions,
    loginGraceTime: config.login.graceTime,
    idleTimeout: config.connections.idleTimeout,
  });
  registerGatewayGauges(metrics, gateway, source);
  return { gateway, closeDialer: () => dialer.close() };
}

async function listen(gateway: Gateway, { ssh }: Config): ReturnType<Gateway['listen']> {
  return gateway.listen(ssh.listen).catch((error: unknown) => {
    throw explainListenError(error, { address: ssh.listen, service: 'SSH', field: 'ssh.listen' });
  });
}

/** Both processes' metrics in one page. */
const joinMetrics = (registry: Registry, repository: RepositoryProcess) => ({
  contentType: registry.contentType,
  metrics: async () => (await registry.metrics()) + (await repository.metrics()),
});
