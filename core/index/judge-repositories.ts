import type { Subject } from '../access/subject.ts';
import { objectKey } from '../api/object-key.ts';
import { formatRef } from '../api/object-ref.ts';
import type { Repository } from '../api/resource.ts';
import type { Claimant } from './claimant.ts';
import type { RepositoryEntry } from './entry.ts';
import { accept, type Findings, refuse } from './findings.ts';
import { groupName, type KnownNames } from './names.ts';
import { byPathClaim } from './path-claim.ts';
import { repositoryEntry } from './repository-entry.ts';
import type { Verdict } from './verdict.ts';

/**
 * Judges all Repositories that claim one path. The first wins (`byPathClaim`); the others say so, and the next takes
 * over when the winner goes.
 */
export function judgeRepositories(claimants: readonly Claimant<Repository>[], known: KnownNames): Verdict {
  const findings: Findings = new Map();
  let entry: RepositoryEntry | undefined;
  for (const { resource, fault } of [...claimants].sort((a, b) => byPathClaim(a.resource, b.resource))) {
    if (fault !== undefined) {
      refuse(findings, resource, fault);
    } else if (entry !== undefined) {
      const message = `path "${entry.path}" belongs to Repository ${formatRef(entry)}: give another spec.path`;
      refuse(findings, resource, { reason: 'PathTaken', message, field: 'path' });
    } else {
      entry = repositoryEntry(resource);
      accept(findings, resource, unknownSubjects(entry, known));
    }
  }
  return { entry, findings };
}

/** Subjects who do not exist are no error, since objects may be applied in any order; but people want to know. */
function unknownSubjects(entry: RepositoryEntry, known: KnownNames): readonly string[] {
  const subjects = [...entry.access, ...entry.refRules].flatMap((rule) => rule.subjects);
  return [...new Set(subjects.flatMap((subject) => noteOf(subject, known)))];
}

function noteOf(subject: Subject, known: KnownNames): readonly string[] {
  if (subject.kind === 'Everyone') return [];
  if (subject.kind === 'Group') {
    const group = groupName(subject.namespace, subject.name);
    return known.has(group) ? [] : [`it names ${group}, which no GitUser is in`];
  }
  const user = objectKey('GitUser', subject);
  return known.has(user) ? [] : [`it names ${user}, which does not exist`];
}
