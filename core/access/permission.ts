import type { Identity, UserIdentity } from './identity.ts';
import type { EffectiveRefRule, RefRule } from './ref-rule.ts';
import type { RepositoryRules } from './repository-rules.ts';
import { includesRole, type Role } from './role.ts';
import { type RuleRef, ruleRef } from './rule-ref.ts';
import { binds, isGrantedTo } from './subject.ts';

/**
 * What one identity may do in one repository: computed by the gateway, carried in the ticket, applied to each ref by
 * the repository server. `refRules` holds, in order, only the rules that bind this identity, and before them that nobody
 * deletes the default branch.
 */
export type Permission = {
  readonly role: Role;
  readonly grantedBy: RuleRef;
  readonly refRules: readonly EffectiveRefRule[];
};

/** Undefined: no entry speaks of this identity, so it has no access at all. */
export function permissionOf(identity: Identity, repository: RepositoryRules): Permission | undefined {
  const grant = identity.kind === 'DeployKey' ? deployGrant(identity, repository) : userGrant(identity, repository);
  if (grant === undefined) return undefined;
  return { ...grant, refRules: effectiveRefRules(identity, repository) };
}

type Grant = { readonly role: Role; readonly grantedBy: RuleRef };

function deployGrant(identity: Identity & { kind: 'DeployKey' }, repository: RepositoryRules): Grant | undefined {
  const listed = identity.key.namespace === repository.namespace && identity.repositories.includes(repository.name);
  if (!listed) return undefined;
  return { role: 'Write', grantedBy: ruleRef('SSHKey', identity.key, 'spec.repositoryRefs') };
}

/** The highest role that any entry grants; of several such entries the first. */
function userGrant(identity: UserIdentity, repository: RepositoryRules): Grant | undefined {
  let best: Grant | undefined;
  for (const [index, entry] of repository.access.entries()) {
    if (best !== undefined && includesRole(best.role, entry.role)) continue;
    if (!entry.subjects.some((subject) => isGrantedTo(subject, identity))) continue;
    best = { role: entry.role, grantedBy: ruleRef('Repository', repository, `spec.access[${index}]`) };
  }
  return best;
}

function effectiveRefRules(identity: Identity, repository: RepositoryRules): readonly EffectiveRefRule[] {
  const isBound = (rule: RefRule): boolean =>
    rule.subjects.some((subject) => (rule.effect === 'Deny' ? binds : isGrantedTo)(subject, identity));
  const bound = repository.refRules.flatMap((rule, index) => {
    if (!isBound(rule)) return [];
    const { subjects: _, ...effective } = rule;
    return [{ ...effective, rule: ruleRef('Repository', repository, `spec.refRules[${index}]`) }];
  });
  return [keepDefaultBranch(repository), ...bound];
}

/** A clone must find a branch to check out, so no rule can allow this. */
const keepDefaultBranch = (repository: RepositoryRules): EffectiveRefRule => ({
  rule: ruleRef('Repository', repository, 'spec.defaultBranch'),
  // A branch has no `*` in its name: as a pattern, it stands for itself.
  refs: [`refs/heads/${repository.defaultBranch}`],
  actions: ['Delete'],
  effect: 'Deny',
  enforcement: 'Enforce',
});
