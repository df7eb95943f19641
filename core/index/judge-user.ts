import type { GitUser } from '../api/resource.ts';
import type { Claimant } from './claimant.ts';
import type { UserEntry } from './entry.ts';
import { accept, type Findings, refuse } from './findings.ts';
import type { Verdict } from './verdict.ts';

export function judgeUser({ resource, fault }: Claimant<GitUser>): Verdict {
  const findings: Findings = new Map();
  if (fault === undefined) accept(findings, resource);
  else refuse(findings, resource, fault);
  return { entry: fault === undefined ? userEntry(resource) : undefined, findings };
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
