import type { GitUser } from '../api/resource.ts';
import type { UserEntry } from './entry.ts';
import { accepted } from './findings.ts';
import type { Verdict } from './verdict.ts';

/** Whatever else there is, a well-formed GitUser is accepted. */
export const judgeUser = (user: GitUser): Verdict => ({ entry: userEntry(user), findings: [accepted] });

function userEntry({ metadata, spec }: GitUser): UserEntry {
  const { displayName, email, groups, suspended } = spec;
  return {
    kind: 'User',
    namespace: metadata.namespace,
    name: metadata.name,
    ...(displayName !== undefined && { displayName }),
    ...(email !== undefined && { email }),
    groups,
    suspended,
  };
}
