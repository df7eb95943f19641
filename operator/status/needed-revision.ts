import { type ObjectKey, objectKey } from '../../core/api/object-key.ts';
import type { Resource } from '../../core/api/resource.ts';
import type { IndexCompiler } from '../../core/index/compiler.ts';
import type { IndexPublisher } from '../index/publisher.ts';

/**
 * The revision from which on an object does in the gateways what it says; undefined: that is not written yet. A key does
 * nothing without its user or its repositories, whose entries may be published after its own.
 */
export function neededRevision(
  key: ObjectKey,
  resource: Resource | undefined,
  compiler: Pick<IndexCompiler, 'claim'>,
  publisher: Pick<IndexPublisher, 'revisionOf'>,
): number | undefined {
  let needed = 0;
  for (const object of [key, ...ownersOf(resource)]) {
    const revision = publisher.revisionOf(compiler.claim(object) ?? '');
    if (revision === undefined) return undefined;
    needed = Math.max(needed, revision);
  }
  return needed;
}

function ownersOf(resource: Resource | undefined): readonly ObjectKey[] {
  if (resource?.kind !== 'SSHKey') return [];
  const { metadata, spec } = resource;
  const { namespace } = metadata;
  const repositories = (spec.repositoryRefs ?? []).map(({ name }) => objectKey('Repository', { namespace, name }));
  return spec.userRef === undefined
    ? repositories
    : [objectKey('GitUser', { namespace, name: spec.userRef.name }), ...repositories];
}
