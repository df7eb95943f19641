import type { Registry } from 'prom-client';
import { signatureAlgorithms } from '../core/ssh/signature.ts';
import { aborted } from '../runtime/aborted.ts';
import { afterThisTurn } from '../runtime/after-this-turn.ts';
import type { Config } from '../runtime/config/schema.ts';
import { explainListenError } from '../runtime/listen-error.ts';
import type { Log } from '../runtime/log.ts';
import { systemClock } from './clock.ts';
import { createEventLog } from './event-log.ts';
import { createEventMetrics, registerGatewayGauges } from './event-metrics.ts';
import { createGateway, type Gateway } from './gateway.ts';
import type { HostKey } from './host-key-files.ts';
import type { AccessIndexSource, RepositoryDialer } from './ports.ts';
import { nativeCryptoAvailable } from './ssh/internals.ts';
import { createSshServer } from './ssh/server.ts';

export type GatewayParts = {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Registry;
  readonly hostKeys: readonly HostKey[];
  readonly source: AccessIndexSource;
  readonly dialer: RepositoryDialer;
  /** Milliseconds. */
  readonly maxIndexAge: number;
};

/** A gateway as the configuration has it, which tells of itself in log and metrics. */
export function assembleGateway({ config, log, metrics, hostKeys, ...parts }: GatewayParts): Gateway {
  if (!nativeCryptoAvailable())
    log.logger.warn('no native crypto: every byte costs twice the CPU; run make clean setup');
  const writeLog = createEventLog(log.logger, log.audit, systemClock);
  const count = createEventMetrics(metrics);
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
    ...parts,
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
  registerGatewayGauges(metrics, gateway, parts.source);
  return gateway;
}

/** Opens the gateway to clients. Throws a `StartupError` when the address cannot be used. */
export async function openGateway(gateway: Gateway, { ssh }: Config): ReturnType<Gateway['listen']> {
  return gateway.listen(ssh.listen).catch((error: unknown) => {
    throw explainListenError(error, { address: ssh.listen, service: 'SSH', field: 'ssh.listen' });
  });
}

/** Takes on nothing new, and lets live sessions finish within the grace period. */
export async function drainGateway(gateway: Gateway, { shutdown }: Config, stop: AbortSignal): Promise<void> {
  const graceEnds = AbortSignal.any([stop, AbortSignal.timeout(shutdown.gracePeriod)]);
  void aborted(graceEnds).then(() => gateway.destroy());
  await gateway.close();
}

/** For the log: what people compare with what their clients ask them. */
export const fingerprintsOf = (hostKeys: readonly HostKey[]): readonly string[] =>
  hostKeys.map(({ publicKey, fingerprint }) => `${publicKey.split(' ', 1)} ${fingerprint}`);
