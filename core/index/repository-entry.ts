import type { Subject } from '../access/subject.ts';
import type { Repository } from '../api/resource.ts';
import type { RepositoryEntry } from './entry.ts';
import { pathOf } from './path-claim.ts';

/** With every default filled in. */
export function repositoryEntry(repository: Repository): RepositoryEntry {
  const { metadata, spec } = repository;
  const { namespace, name, uid } = metadata;
  const withNamespaces = (subjects: Repository['spec']['access'][number]['subjects']): readonly Subject[] =>
    subjects.map((subject) =>
      subject.kind === 'Everyone'
        ? { kind: 'Everyone' }
        : { kind: subject.kind, namespace: subject.namespace ?? namespace, name: subject.name ?? '' },
    );
  return {
    kind: 'Repository',
    namespace,
    name,
    uid,
    type: spec.type,
    path: pathOf(repository),
    ...(spec.description !== undefined && { description: spec.description }),
    defaultBranch: spec.defaultBranch,
    access: spec.access.map((entry) => ({ ...entry, subjects: withNamespaces(entry.subjects) })),
    refRules: spec.refRules.map((rule) => ({ ...rule, subjects: withNamespaces(rule.subjects) })),
    ...(spec.readOnly !== undefined && { readOnly: spec.readOnly }),
  };
}
