import { formatRef } from '../api/object-ref.ts';
import type { Repository } from '../api/resource.ts';
import { byAge, byName } from './seniority.ts';

/** The path that a Repository asks for, from which another one may keep it. */
export const pathOf = ({ metadata, spec }: Repository): string => spec.path ?? formatRef(metadata);

/**
 * Sorts claims to paths: of two claims to one path the first wins. The older object comes first; where ages do not tell
 * them apart, the one that is named as its path is, then one in whose namespace the path lies. Otherwise the alphabet
 * would give a repository in use away to whoever writes its path into an object of an earlier name.
 */
export const byPathClaim = (a: Repository, b: Repository): number =>
  byAge(a, b) || remoteness(a) - remoteness(b) || byName(a, b);

/** How far a path is from the object that claims it: 0 for `NAMESPACE/NAME`, 1 for `NAMESPACE/…`, 2 for any other. */
function remoteness(repository: Repository): 0 | 1 | 2 {
  const { metadata } = repository;
  const path = pathOf(repository);
  if (path === formatRef(metadata)) return 0;
  return path.startsWith(`${metadata.namespace}/`) ? 1 : 2;
}
