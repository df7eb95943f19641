import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { createIndexCompiler } from '../core/index/compiler.ts';
import type { IndexPolicy } from '../core/index/policy.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import { createControllerMetrics } from '../kubernetes/controller-metrics.ts';
import { createEventRecorder } from '../kubernetes/event-recorder.ts';
import type { Leadership } from '../kubernetes/leadership.ts';
import type { RestClient } from '../kubernetes/rest-client.ts';
import type { Store } from '../kubernetes/store.ts';
import { createQueueMetrics } from '../kubernetes/work-queue-metrics.ts';
import type { Gateways } from './gateways.ts';
import { createMandate, DeposedError } from './index/leading.ts';
import { createManifestWriter } from './index/manifest-writer.ts';
import { createIndexPublisher } from './index/publisher.ts';
import { createPublisherMetrics } from './index/publisher-metrics.ts';
import { createShardFiles } from './index/shard-files.ts';
import { createShardKeeper } from './index/shard-keeper.ts';
import type { StoredPart } from './index/stored-shard.ts';
import { inherit } from './index/take-over.ts';
import { startKeyController } from './keys/controller.ts';
import type { ObjectCache } from './object-cache.ts';
import { startStatusController } from './status/controller.ts';

type LeadOptions = {
  readonly client: ApiClient;
  readonly rest: RestClient;
  readonly namespace: string;
  readonly policy: IndexPolicy;
  readonly release: string;
  readonly hostNames: readonly string[];
  /** The name of a Secret with the administrator's own host keys. */
  readonly givenHostKeys: string | undefined;
  /** Both are synced. */
  readonly cache: ObjectCache;
  readonly stored: Store<StoredPart>;
  readonly gateways: Gateways;
  readonly leadership: Leadership;
  readonly identity: string;
  readonly log: Logger;
  readonly registry: Registry;
  /** Ends it in good order. */
  readonly signal: AbortSignal;
};

const sweepIntervalMs = 60_000;

/**
 * What the one operator that leads does: compiles all objects, keeps the index in the cluster equal to that, tells each
 * object what became of it, and looks after the keys of gateways and repository servers. Once in a process: its subscriptions last. Rejects with a `DeposedError` when another
 * operator has taken over.
 */
export async function lead(options: LeadOptions): Promise<void> {
  const { client, namespace, cache, stored, gateways, leadership, log, registry, rest } = options;
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, leadership.lost, ending.signal]);
  const mandate = createMandate(leadership.isLeader, signal);
  const files = createShardFiles(client, namespace);
  const inheritance = await inherit(client, namespace, signal);

  // From here to the subscriptions in one turn: no change is missed.
  const compiler = createIndexCompiler(options.policy);
  compiler.update(cache.all());
  const common = { files, stored, namespace, mandate, log };
  const manifests = createManifestWriter({
    ...{ ...common, inherited: inheritance.manifestVersion, identity: options.identity },
  });
  const named = inheritance.set?.manifest.shards ?? [];
  const shards = createShardKeeper({ ...common, inherited: named.map(({ name }) => name) });
  let isPublished = false;
  const publisher = createIndexPublisher({
    ...{ inheritance, lines: compiler.lines, manifests, shards, mandate, log },
    metrics: createPublisherMetrics(registry),
    onPublished() {
      // What was there before us is looked at once it is published: earlier there would be nothing to say of it.
      if (!isPublished) statuses.touch(cache.keys(), 0);
      isPublished = true;
      statuses.onProgress();
    },
  });
  const events = createEventRecorder({
    ...{ client, controller: 'gitingress.dev/operator', instance: options.identity, log, registry },
  });
  const queueMetrics = createQueueMetrics(registry);
  const controllerMetrics = createControllerMetrics(registry);
  const controlled = { client, events, log, queueMetrics, controllerMetrics, isLeader: leadership.isLeader, signal };
  const statuses = startStatusController({
    ...{ ...controlled, cache, compiler, publisher, gateways },
    hostName: options.hostNames[0],
  });
  const keys = startKeyController({
    ...{ ...controlled, rest, namespace, registry },
    release: options.release,
    hostNames: options.hostNames,
    ...(options.givenHostKeys !== undefined && { givenHostKeys: options.givenHostKeys }),
  });

  let fault: unknown;
  cache.subscribe((changes, touched) => {
    if (signal.aborted) return;
    try {
      const compiled = compiler.update(changes);
      publisher.offer(compiled);
      statuses.touch([...touched, ...compiled.found], 1);
      statuses.onNames(compiled.names);
    } catch (error) {
      // A compiler that broke off in the middle cannot be trusted: a revocation may be lost. A new process begins anew.
      fault = error;
      ending.abort();
    }
  });
  stored.subscribe(() => publisher.look());
  gateways.subscribe(() => {
    publisher.forget(gateways.loadedOf(publisher.epoch) ?? 0);
    statuses.onProgress();
  });
  const sweep = setInterval(
    () => void gateways.sweep().catch((error) => log.warn({ err: error }, 'cannot remove reports')),
    sweepIntervalMs,
  );

  try {
    await publisher.run();
    if (fault !== undefined) throw fault;
    if (leadership.lost.aborted) throw new DeposedError('the lease could not be renewed in time');
  } finally {
    clearInterval(sweep);
    ending.abort();
    await Promise.all([statuses.closed, keys.closed]);
    await events.close();
  }
}
