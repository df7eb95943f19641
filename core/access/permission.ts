import { formatRef, type ObjectRef } from '../api/object-ref.ts';
import type { RepositoryEntry } from '../index/entry.ts';
import type { Identity, UserIdentity } from './identity.ts';
import { type EffectiveRefRule, type RefRule, refRuleName } from './ref-rule.ts';
import { binds, isGrantedTo } from './subject.ts';

/** In rising order: each role may do all that the ones before it may. */
export const roles = ['Read', 'Write', 'Maintain'] as const;
export type Role = (typeof roles)[number];

export const includesRole = (held: Role, needed: Role): boolean => roles.indexOf(held) >= roles.indexOf(needed);

/** The field of an object that decided, e.g. `Repository team-a/website spec.access[0]`. */
export type RuleRef = string;

/**
 * What one identity may do in one repository: computed by the gateway, carried in the ticket, applied to each ref by
 * the repository server. `refRules` holds, in order, only the rules that bind this identity.
 */
export type Permission = {
  readonly role: Role;
  readonly grantedBy: RuleRef;
  readonly refRules: readonly EffectiveRefRule[];
};

/** Undefined: no entry speaks of this identity, so it has no access at all. */
export function permissionOf(identity: Identity, repository: RepositoryEntry): Permission | undefined {
  const grant = identity.kind === 'DeployKey' ? deployGrant(identity, repository) : userGrant(identity, repository);
  if (grant === undefined) return undefined;
  return { ...grant, refRules: effectiveRefRules(identity, repository) };
}

type Grant = { readonly role: Role; readonly grantedBy: RuleRef };

function deployGrant(identity: Identity & { kind: 'DeployKey' }, repository: RepositoryEntry): Grant | undefined {
  const listed = identity.key.namespace === repository.namespace && identity.repositories.includes(repository.name);
  if (!listed) return undefined;
  return { role: 'Write', grantedBy: `SSHKey ${formatRef(identity.key)} spec.repositoryRefs` };
}

/** The highest role that any entry grants; of several such entries the first. */
function userGrant(identity: UserIdentity, repository: RepositoryEntry): Grant | undefined {
  let best: Grant | undefined;
  for (const [index, entry] of repository.access.entries()) {
    if (best !== undefined && includesRole(best.role, entry.role)) continue;
    if (!entry.subjects.some((subject) => isGrantedTo(subject, identity))) continue;
    best = { role: entry.role, grantedBy: `${repositoryName(repository)} spec.access[${index}]` };
  }
  return best;
}

function effectiveRefRules(identity: Identity, repository: RepositoryEntry): readonly EffectiveRefRule[] {
  const isBound = (rule: RefRule): boolean =>
    rule.subjects.some((subject) => (rule.effect === 'Deny' ? binds : isGrantedTo)(subject, identity));
  return repository.refRules.flatMap((rule, index) => {
    if (!isBound(rule)) return [];
    const { subjects: _, ...effective } = rule;
    return [{ ...effective, rule: refRuleName(repositoryName(repository), index) }];
  });
}

export const repositoryName = (repository: ObjectRef): string => `Repository ${formatRef(repository)}`;
