import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { IndexCompiler } from '../core/index/compiler.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import { createControllerMetrics } from '../kubernetes/controller-metrics.ts';
import { createEventRecorder } from '../kubernetes/event-recorder.ts';
import type { RestClient } from '../kubernetes/rest-client.ts';
import { createQueueMetrics } from '../kubernetes/work-queue-metrics.ts';
import type { Gateways } from './gateways.ts';
import type { IndexPublisher } from './index/publisher.ts';
import { startKeyController } from './keys/controller.ts';
import type { ObjectCache } from './object-cache.ts';
import { type StatusController, startStatusController } from './status/controller.ts';

export type ControllersOptions = {
  readonly client: ApiClient;
  readonly rest: RestClient;
  readonly namespace: string;
  readonly release: string;
  readonly hostNames: readonly string[];
  /** The name of a Secret with the administrator's own host keys. */
  readonly givenHostKeys: string | undefined;
  readonly cache: ObjectCache;
  readonly compiler: IndexCompiler;
  readonly publisher: IndexPublisher;
  readonly gateways: Gateways;
  readonly identity: string;
  readonly isLeader: () => boolean;
  readonly log: Logger;
  readonly registry: Registry;
  /** Ends them. */
  readonly signal: AbortSignal;
};

export type Controllers = {
  readonly statuses: StatusController;
  /** To be called when the signal is aborted: resolves when nothing runs, and the last event is written. */
  close(): Promise<void>;
};

/** What the operator that leads does beside the index: it tells objects what became of them, and looks after keys. */
export function startControllers(options: ControllersOptions): Controllers {
  const { client, rest, namespace, release, hostNames, givenHostKeys, cache, compiler, publisher, gateways } = options;
  const { identity, isLeader, log, registry, signal } = options;
  const events = createEventRecorder({
    ...{ client, controller: 'gitingress.dev/operator', instance: identity, log, registry },
  });
  const queueMetrics = createQueueMetrics(registry);
  const controllerMetrics = createControllerMetrics(registry);
  const common = { client, events, log, queueMetrics, controllerMetrics, isLeader, signal };
  const statuses = startStatusController({
    ...{ ...common, cache, compiler, publisher, gateways },
    hostName: hostNames[0],
  });
  const keys = startKeyController({
    ...{ ...common, rest, namespace, registry, release, hostNames },
    ...(givenHostKeys !== undefined && { givenHostKeys }),
  });
  return {
    statuses,
    async close() {
      await Promise.all([statuses.closed, keys.closed]);
      await events.close();
    },
  };
}
