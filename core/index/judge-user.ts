import type { GitUser } from '../api/resource.ts';
import type { Claimant } from './claimant.ts';
import type { UserEntry } from './entry.ts';
import { accept, type Findings } from './findings.ts';
import type { Verdict } from './verdict.ts';

/** Whatever else there is, a well-formed GitUser is accepted. */
export function judgeUser({ resource }: Claimant<GitUser>): Verdict {
  const findings: Findings = new Map();
  accept(findings, resource);
  return { entry: userEntry(resource), findings };
}

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
