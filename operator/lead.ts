import { createIndexCompiler } from '../core/index/compiler.ts';
import type { IndexPolicy } from '../core/index/policy.ts';
import type { Leadership } from '../kubernetes/leadership.ts';
import type { Store } from '../kubernetes/store.ts';
import { type ControllersOptions, startControllers } from './controllers.ts';
import { createMandate, DeposedError } from './index/leading.ts';
import { createManifestWriter } from './index/manifest-writer.ts';
import { createIndexPublisher } from './index/publisher.ts';
import { createPublisherMetrics } from './index/publisher-metrics.ts';
import { createShardFiles } from './index/shard-files.ts';
import { createShardKeeper } from './index/shard-keeper.ts';
import type { StoredPart } from './index/stored-shard.ts';
import { inherit } from './index/take-over.ts';

/** The caches are synced; the signal ends it in good order. */
type LeadOptions = Omit<ControllersOptions, 'compiler' | 'publisher' | 'isLeader'> & {
  readonly policy: IndexPolicy;
  readonly stored: Store<StoredPart>;
  readonly leadership: Leadership;
};

const sweepIntervalMs = 60_000;

/**
 * What the one operator that leads does: compiles all objects, keeps the index in the cluster equal to that, tells each
 * object what became of it, and looks after the keys of gateways and repository servers. Once in a process: its
 * subscriptions last. Rejects with a `DeposedError` when another operator has taken over.
 */
export async function lead(options: LeadOptions): Promise<void> {
  const { client, namespace, policy, cache, stored, gateways, leadership, log, registry } = options;
  const { isLeader } = leadership;
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, leadership.lost, ending.signal]);
  const mandate = createMandate(isLeader, signal);
  const files = createShardFiles(client, namespace);
  const inheritance = await inherit(client, namespace, signal);

  // From here to the subscriptions in one turn: no change is missed.
  const compiler = createIndexCompiler(policy);
  compiler.update(cache.all());
  const written = { files, stored, namespace, mandate, log };
  const inherited = inheritance.manifestVersion;
  const manifests = createManifestWriter({ ...written, inherited, identity: options.identity });
  const named = inheritance.set?.manifest.shards ?? [];
  const shards = createShardKeeper({ ...written, inherited: named.map(({ name }) => name) });
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
  const controllers = startControllers({ ...options, compiler, publisher, isLeader, signal });
  const { statuses } = controllers;

  let fault: unknown;
  cache.subscribe(({ resources, touched, owners }) => {
    if (signal.aborted) return;
    try {
      const compiled = compiler.update(resources);
      publisher.offer(compiled);
      statuses.touch([...touched, ...compiled.found], 1);
      statuses.recount(owners);
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
    await controllers.close();
  }
}
