import type { Subject } from '../access/subject.ts';
import { formatRef } from '../api/object-ref.ts';
import type { Repository } from '../api/resource.ts';
import { isValidRepositoryPath } from '../git/repository-path.ts';
import type { RepositoryEntry, UserEntry } from './entry.ts';
import { maxEntryBytes, sizeOf } from './entry-size.ts';
import { accept, type Findings, refuse } from './findings.ts';
import { memo } from './memo.ts';
import { byPathClaim, pathOf } from './path-claim.ts';
import type { PathPolicy } from './policy.ts';

/** Of two claims to one path the first wins (`byPathClaim`); the other says so, and takes over when the winner goes. */
export function compileRepositories(
  repositories: readonly Repository[],
  policy: PathPolicy,
  users: readonly UserEntry[],
  findings: Findings,
): readonly RepositoryEntry[] {
  const known = knownSubjects(users);
  const owners = new Map<string, Repository>();
  const entries: RepositoryEntry[] = [];
  for (const repository of [...repositories].sort(byPathClaim)) {
    const entry = repositoryEntry(repository);
    const owner = owners.get(entry.path);
    if (!isValidRepositoryPath(entry.path)) {
      const message = `no client could ask for path "${entry.path}": give spec.path without segments that end in .git or .lock`;
      refuse(findings, repository, { reason: 'Invalid', message, field: 'path' });
    } else if (!isPermittedPath(entry, policy)) {
      const message = `path "${entry.path}" is outside of what namespace ${entry.namespace} may use: begin it with "${entry.namespace}/", or ask for a path prefix`;
      refuse(findings, repository, { reason: 'PathNotPermitted', message, field: 'path' });
    } else if (owner !== undefined) {
      const message = `path "${entry.path}" belongs to Repository ${formatRef(owner.metadata)}: give another spec.path`;
      refuse(findings, repository, { reason: 'PathTaken', message, field: 'path' });
    } else if (sizeOf(entry) > maxEntryBytes) {
      const message = `access and refRules compile to more than ${maxEntryBytes} bytes: use groups, or fewer rules`;
      refuse(findings, repository, { reason: 'TooLarge', message });
    } else {
      owners.set(entry.path, repository);
      entries.push(entry);
      accept(findings, repository, unknownSubjects(entry, known));
    }
  }
  return entries;
}

function isPermittedPath({ path, namespace }: RepositoryEntry, { pathPrefixes }: PathPolicy): boolean {
  if (pathPrefixes === undefined) return true;
  return [`${namespace}/`, ...(pathPrefixes[namespace] ?? [])].some((prefix) => path.startsWith(prefix));
}

/** `User NAMESPACE/NAME` of each user, and `Group NAMESPACE/NAME` of each group that somebody is in. */
function knownSubjects(users: readonly UserEntry[]): ReadonlySet<string> {
  const known = new Set<string>();
  for (const { namespace, name, groups } of users) {
    known.add(`User ${formatRef({ namespace, name })}`);
    for (const group of groups) known.add(`Group ${formatRef({ namespace, name: group })}`);
  }
  return known;
}

/** Subjects who do not exist are no error, since objects may be applied in any order; but people want to know. */
function unknownSubjects(entry: RepositoryEntry, known: ReadonlySet<string>): readonly string[] {
  const notes = [...entry.access, ...entry.refRules].flatMap(({ subjects }) =>
    subjects.flatMap((subject) => {
      if (subject.kind === 'Everyone' || known.has(`${subject.kind} ${formatRef(subject)}`)) return [];
      if (subject.kind === 'User') return [`it names GitUser ${formatRef(subject)}, which does not exist`];
      return [`it names Group ${formatRef(subject)}, which no GitUser is in`];
    }),
  );
  return [...new Set(notes)];
}

const repositoryEntry = memo((repository: Repository): RepositoryEntry => {
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
});
