import { sharedLoginName } from '../api/git-user.ts';
import type { GitUser } from '../api/resource.ts';
import type { UserEntry } from './entry.ts';
import { accept, type Findings, refuse } from './findings.ts';
import { memo } from './memo.ts';

export function compileUsers(users: readonly GitUser[], findings: Findings): readonly UserEntry[] {
  return users.flatMap((user) => {
    if (user.metadata.name === sharedLoginName) {
      const message = `"${sharedLoginName}" is the login name that everybody shares: choose another name`;
      refuse(findings, user, { reason: 'Invalid', message });
      return [];
    }
    accept(findings, user);
    return [userEntry(user)];
  });
}

const userEntry = memo(({ metadata, spec }: GitUser): UserEntry => {
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
});
