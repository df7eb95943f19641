import { formatRef } from '../api/object-ref.ts';
import type { Repository } from '../api/resource.ts';
import { accepted, type Finding } from './findings.ts';
import { pathOf } from './path-claim.ts';
import { repositoryEntry } from './repository-entry.ts';
import type { Verdict } from './verdict.ts';

/**
 * Judges all Repositories that claim one path, in the order of `byPathClaim`. The first wins; the others say so, and the
 * next takes over when the winner goes.
 */
export function judgeRepositories([winner, ...others]: readonly Repository[]): Verdict {
  if (winner === undefined) return { entry: undefined, findings: [] };
  const message = `path "${pathOf(winner)}" belongs to Repository ${formatRef(winner.metadata)}: give another spec.path`;
  const taken: Finding = { reason: 'PathTaken', message, field: 'path' };
  return { entry: repositoryEntry(winner), findings: [accepted, ...others.map(() => taken)] };
}
