import type { Registry } from 'prom-client';
import type { AccessIndexSource } from '../gateway/ports.ts';
import type { Config } from '../runtime/config/schema.ts';
import type { Logger } from '../runtime/log.ts';
import { StartupError } from '../runtime/startup-error.ts';
import { createStandaloneIndex } from './index-source.ts';
import { findUnaccepted } from './manifests/accepted.ts';
import type { Manifests } from './manifests/manifests.ts';
import { readManifests } from './manifests/read-manifests.ts';
import { createProblemReporter } from './manifests/report-problems.ts';
import { whatIsRead } from './manifests/walk.ts';
import { createManifestWatch } from './manifests/watch-manifests.ts';

export type ManifestIndex = {
  readonly source: AccessIndexSource;
  /** Keeps the index as the folder says until the signal is aborted; then resolves. */
  watch(signal: AbortSignal): Promise<void>;
};

/** Reads a folder of manifests into an index. Throws a `StartupError` if the folder cannot be read. */
export async function openManifestIndex(config: Config, logger: Logger, metrics: Registry): Promise<ManifestIndex> {
  const initial = await readManifests(config.manifests);
  if (!initial.isCurrent) {
    const why = initial.problems.map(({ message }) => message).join('; ');
    throw new StartupError('MANIFESTS_NOT_READABLE', `the manifests in ${config.manifests} ${why}`);
  }
  const index = createStandaloneIndex(config.keys, () => watch.ageSeconds());
  const report = createProblemReporter(logger, metrics);

  const take = (manifests: Manifests): void => {
    const compiled = index.update(manifests.resources);
    report([...manifests.problems, ...findUnaccepted(manifests, compiled)]);
    const { resources } = manifests;
    logger.info({ objects: resources.length, revision: index.current?.revision }, 'manifests are in force');
    if (manifests.files.size === 0)
      logger.warn({ folder: config.manifests, reads: whatIsRead }, 'there are no manifests');
  };

  const watch = createManifestWatch({ directory: config.manifests, initial, onChange: take });
  take(initial);
  return { source: index, watch: (signal) => watch.run(signal) };
}
