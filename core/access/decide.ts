import type { Decision } from './decision.ts';
import type { Identity } from './identity.ts';
import { type Permission, permissionOf } from './permission.ts';
import { matchesRefPattern } from './ref-pattern.ts';
import type { RefAction } from './ref-rule.ts';
import type { RepositoryRules } from './repository-rules.ts';
import { includesRole, type Role } from './role.ts';
import { ruleRef } from './rule-ref.ts';

/** `Write` is to open a push at all; what it may do to each ref is decided when the refs are known. */
export type Action = 'Read' | 'Write' | RefAction;

/**
 * Decides for the gateway, the hooks, `can-i` and the conditions alike. The role comes first; ref rules only narrow
 * what it allows. Without `ref`, a `RefAction` is decided by role alone.
 */
export function decide(identity: Identity, action: Action, repository: RepositoryRules, ref?: string): Decision {
  const permission = permissionOf(identity, repository);
  if (permission === undefined) {
    const rule = ruleRef('Repository', repository, 'spec.access');
    return { allow: false, reason: 'NoGrant', rule, message: 'no entry grants access' };
  }
  if (action === 'Read') return { allow: true, rule: permission.grantedBy };
  if (repository.readOnly !== undefined) {
    const rule = ruleRef('Repository', repository, 'spec.readOnly');
    return {
      allow: false,
      reason: 'Frozen',
      rule,
      message: `the repository is read-only: ${repository.readOnly.message}`,
    };
  }
  if (!includesRole(permission.role, 'Write')) return roleTooLow(permission, 'Write', 'pushing');
  if (identity.access === 'ReadOnly') {
    return {
      allow: false,
      reason: 'KeyReadOnly',
      rule: ruleRef('SSHKey', identity.key, 'spec.access'),
      message: 'this key may only read',
    };
  }
  if (action === 'Write') return { allow: true, rule: permission.grantedBy };
  return ref === undefined ? decideRole(permission, action) : decideRef(permission, action, ref);
}

/** The verdict on one ref of a push by somebody who may push: role first, then the first rule that matches decides. */
export function decideRef(permission: Permission, action: RefAction, ref: string): Decision {
  const byRole = decideRole(permission, action);
  if (!byRole.allow) return byRole;
  const rule = permission.refRules.find(
    (candidate) =>
      candidate.actions.includes(action) && candidate.refs.some((pattern) => matchesRefPattern(pattern, ref)),
  );
  if (rule === undefined) return byRole;
  if (rule.effect === 'Allow') return { allow: true, rule: rule.rule };
  const message = `${gerunds[action]} ${ref} is forbidden`;
  if (rule.enforcement === 'Warn') return { allow: true, rule: rule.rule, warning: message };
  return { allow: false, reason: 'RefRule', rule: rule.rule, message };
}

/** Whether the verdict on a change of `ref` hangs on its being a fast-forward, which only git can tell. */
export function ancestryMatters(permission: Permission, ref: string): boolean {
  const update = decideRef(permission, 'Update', ref);
  const rewind = decideRef(permission, 'Rewind', ref);
  return update.allow !== rewind.allow || update.rule !== rewind.rule;
}

const rolesNeeded = { Create: 'Write', Update: 'Write', Rewind: 'Maintain', Delete: 'Maintain' } as const;
const gerunds = { Create: 'creating', Update: 'updating', Rewind: 'rewinding', Delete: 'deleting' } as const;

function decideRole(permission: Permission, action: RefAction): Decision {
  const needed = rolesNeeded[action];
  if (!includesRole(permission.role, needed)) return roleTooLow(permission, needed, `${gerunds[action]} a ref`);
  return { allow: true, rule: permission.grantedBy };
}

function roleTooLow(permission: Permission, needed: Role, deed: string): Decision {
  const message = `${deed} needs the role ${needed}, yours is ${permission.role}`;
  return { allow: false, reason: 'RoleTooLow', rule: permission.grantedBy, message };
}
