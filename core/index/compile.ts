import type { GitUser, Repository, Resource, SSHKey } from '../api/resource.ts';
import { compileKeys } from './compile-keys.ts';
import { compileRepositories } from './compile-repositories.ts';
import { compileUsers } from './compile-users.ts';
import type { IndexEntry } from './entry.ts';
import type { Finding } from './findings.ts';
import type { IndexPolicy } from './policy.ts';

export type CompiledIndex = {
  readonly entries: readonly IndexEntry[];
  /** One for each object that was given. */
  readonly findings: ReadonlyMap<Resource, Finding>;
};

/**
 * Turns well-formed objects into index entries. Pure, and the only place where rules between objects are kept: unique
 * paths and keys, references, limits. An object that is not accepted leaves no entry; the others are as if it were not
 * there. An entry that depends on one unchanged object alone is the same value again, so that plans can compare by
 * identity.
 */
export function compileIndex(resources: readonly Resource[], policy: IndexPolicy): CompiledIndex {
  const findings = new Map<Resource, Finding>();
  const users = resources.filter((resource): resource is GitUser => resource.kind === 'GitUser');
  const keys = resources.filter((resource): resource is SSHKey => resource.kind === 'SSHKey');
  const repositories = resources.filter((resource): resource is Repository => resource.kind === 'Repository');
  const userEntries = compileUsers(users, findings);
  const entries = [
    ...userEntries,
    ...compileRepositories(repositories, policy, userEntries, findings),
    ...compileKeys(keys, policy, userEntries, repositories, findings),
  ];
  return { entries, findings };
}

/** The finding of an object at a moment: `Expired` for a key whose time is over. */
export function findingAt(now: number, resource: Resource, finding: Finding): Finding {
  const expiresAt = resource.kind === 'SSHKey' ? resource.spec.expiresAt : undefined;
  if (finding.reason !== 'Accepted' || expiresAt === undefined || now < Date.parse(expiresAt)) return finding;
  const message = `expired at ${expiresAt}: set spec.expiresAt to a later time, or remove the key`;
  return { reason: 'Expired', message, field: 'expiresAt' };
}
