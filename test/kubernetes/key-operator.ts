import { pino } from 'pino';
import { Registry } from 'prom-client';
import { type ApiClient, createApiClient } from '../../kubernetes/api-client.ts';
import { connectCluster } from '../../kubernetes/connection.ts';
import { createControllerMetrics } from '../../kubernetes/controller-metrics.ts';
import { createEventRecorder } from '../../kubernetes/event-recorder.ts';
import { createRestClient } from '../../kubernetes/rest-client.ts';
import { createQueueMetrics } from '../../kubernetes/work-queue-metrics.ts';
import { startKeyController } from '../../operator/keys/controller.ts';
import type { ApiServer } from '../harness/api-server.ts';

/** An operator that looks after keys and nothing else. */
export type KeyOperator = {
  /** Its log, as it was written. */
  readonly lines: readonly string[];
  readonly logged: (step: string) => boolean;
  readonly registry: Registry;
  /** Resolves when nothing of it runs any more. Repeatable. */
  stop(): Promise<void>;
};

export type KeyOperatorOptions = {
  readonly namespace: string;
  readonly user?: string;
  readonly hostNames?: readonly string[];
  readonly givenHostKeys?: string;
  readonly rotationDelayMs?: number;
  readonly isLeader?: () => boolean;
  /** Stands between the operator and the API server; events go past it. */
  readonly between?: (client: ApiClient) => ApiClient;
};

export const release = 'git-ingress';

export function startKeyOperator(server: ApiServer, options: KeyOperatorOptions): KeyOperator {
  const {
    namespace,
    user = 'admin',
    hostNames = ['git.example.com'],
    givenHostKeys,
    rotationDelayMs = 2_000,
  } = options;
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line) => void lines.push(line) });
  const registry = new Registry();
  const connection = connectCluster({ kubeconfig: server.kubeconfig(user) });
  const rest = createRestClient(connection);
  const client = options.between?.(createApiClient(rest)) ?? createApiClient(rest);
  const events = createEventRecorder({
    client,
    controller: 'gitingress.dev/operator',
    instance: 'test',
    log,
    registry,
  });
  const ending = new AbortController();
  const { closed } = startKeyController({
    ...{ client, rest, namespace, release, hostNames, rotationDelayMs, events, log, registry },
    ...(givenHostKeys !== undefined && { givenHostKeys }),
    queueMetrics: createQueueMetrics(registry),
    controllerMetrics: createControllerMetrics(registry),
    isLeader: options.isLeader ?? (() => true),
    signal: ending.signal,
  });
  return {
    lines,
    logged: (step) => lines.some((line) => JSON.parse(line).step === step),
    registry,
    async stop() {
      ending.abort();
      await closed;
      await events.close();
      await connection.destroy();
    },
  };
}
