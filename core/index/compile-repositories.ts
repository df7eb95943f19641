import type { Subject } from '../access/subject.ts';
import { formatRef } from '../api/object-ref.ts';
import type { Repository } from '../api/resource.ts';
import { isValidRepositoryPath } from '../git/repository-path.ts';
import type { RepositoryEntry, UserEntry } from './entry.ts';
import { maxEntryBytes, sizeOf } from './entry-size.ts';
import { accept, type Findings, refuse } from './findings.ts';
import { memo } from './memo.ts';
import type { PathPolicy } from './policy.ts';
import { bySeniority } from './seniority.ts';

/** Of two claims to one path the older object wins; the other says so, and takes over when the winner goes. */
export function compileRepositories(
  repositories: readonly Repository[],
  policy: PathPolicy,
  users: readonly UserEntry[],
  findings: Findings,
): readonly RepositoryEntry[] {
  const known = new Set(users.map((user) => formatRef(user)));
  const owners = new Map<string, Repository>();
  const entries: RepositoryEntry[] = [];
  for (const repository of [...repositories].sort(bySeniority)) {
    const entry = repositoryEntry(repository);
    const owner = owners.get(entry.path);
    if (!isValidRepositoryPath(entry.path)) {
      const message = `no client could ask for path "${entry.path}": give spec.path without segments that end in .git or .lock`;
      refuse(findings, repository, 'Invalid', message);
    } else if (!isPermittedPath(entry, policy)) {
      const message = `path "${entry.path}" is outside of what namespace ${entry.namespace} may use: begin it with "${entry.namespace}/", or ask for a path prefix`;
      refuse(findings, repository, 'PathNotPermitted', message);
    } else if (owner !== undefined) {
      const message = `path "${entry.path}" belongs to Repository ${formatRef(owner.metadata)}: choose another path`;
      refuse(findings, repository, 'PathTaken', message);
    } else if (sizeOf(entry) > maxEntryBytes) {
      refuse(
        findings,
        repository,
        'TooLarge',
        `access and refRules compile to more than ${maxEntryBytes} bytes: use groups, or fewer rules`,
      );
    } else {
      owners.set(entry.path, repository);
      entries.push(entry);
      accept(findings, repository, unknownUsers(entry, known));
    }
  }
  return entries;
}

function isPermittedPath({ path, namespace }: RepositoryEntry, { pathPrefixes }: PathPolicy): boolean {
  if (pathPrefixes === undefined) return true;
  return [`${namespace}/`, ...(pathPrefixes[namespace] ?? [])].some((prefix) => path.startsWith(prefix));
}

/** Grants to users who do not exist are no error, since objects may be applied in any order; but people want to know. */
function unknownUsers(entry: RepositoryEntry, known: ReadonlySet<string>): readonly string[] {
  const named = [...entry.access, ...entry.refRules].flatMap(({ subjects }) => subjects);
  const missing = named.flatMap((subject) =>
    subject.kind === 'User' && !known.has(formatRef(subject)) ? [formatRef(subject)] : [],
  );
  return [...new Set(missing)].map((user) => `it names GitUser ${user}, which does not exist`);
}

const repositoryEntry = memo(({ metadata, spec }: Repository): RepositoryEntry => {
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
    path: spec.path ?? formatRef(metadata),
    ...(spec.description !== undefined && { description: spec.description }),
    defaultBranch: spec.defaultBranch,
    access: spec.access.map((entry) => ({ ...entry, subjects: withNamespaces(entry.subjects) })),
    refRules: spec.refRules.map((rule) => ({ ...rule, subjects: withNamespaces(rule.subjects) })),
    ...(spec.readOnly !== undefined && { readOnly: spec.readOnly }),
  };
});
