import { decide } from '../core/access/decide.ts';
import type { Identity } from '../core/access/identity.ts';
import { type Permission, permissionOf } from '../core/access/permission.ts';
import { formatRef } from '../core/api/object-ref.ts';
import type { AccessIndex } from '../core/index/access-index.ts';
import type { Candidate } from '../core/index/candidates.ts';
import type { Result } from '../core/result.ts';
import type { AttemptRefusal } from './events.ts';
import type { Route } from './route.ts';

/**
 * Why a session that runs would not be let in any more, for its user; undefined if it would. A push must also still
 * have the very rules that its ticket carries, for the repository server applies those.
 */
export function whyRevoked(
  route: Route,
  candidates: Result<readonly Candidate[], { readonly reason: AttemptRefusal }>,
  index: AccessIndex,
): string | undefined {
  if (!candidates.ok) return whyLoginRevoked(candidates.error.reason);
  const acting = candidates.value.find(({ identity }) => isSame(identity, route.candidate.identity));
  const key = route.candidate.identity.key;
  if (acting === undefined) return `SSHKey ${key === undefined ? '' : formatRef(key)} does not let you in any more`;
  const repository = index.repository(route.repository.path);
  if (repository === undefined || repository.uid !== route.repository.uid) return 'the repository is gone';
  const isPush = route.verb === 'receive-pack';
  const decision = decide(acting.identity, isPush ? 'Write' : 'Read', repository);
  if (!decision.allow && decision.reason === 'NoGrant') return 'you have no access to the repository any more';
  if (!decision.allow) return `${decision.message} (${decision.rule})`;
  const permission = permissionOf(acting.identity, repository);
  if (isPush && !isSamePermission(permission, route.permission)) {
    return 'the rules of this repository have changed: push again';
  }
  return undefined;
}

/** The grant that gave the role may be another one now. */
const isSamePermission = (a: Permission | undefined, b: Permission): boolean =>
  a?.role === b.role && JSON.stringify(a.refRules) === JSON.stringify(b.refRules);

export const whyLoginRevoked = (refusal: AttemptRefusal): string => reasons[refusal];

const reasons: Readonly<Record<AttemptRefusal, string>> = {
  UnknownKey: 'your key was removed',
  WrongLoginName: 'your key does not go with this login name any more',
  NotYetValid: 'your key is not valid yet',
  Expired: 'your key has expired',
  SourceAddress: 'your key may not be used from your address any more',
  Suspended: 'your user is suspended',
  UserGone: 'your user was removed',
  BadSignature: 'your key was refused',
  NotAPublicKey: 'your key was refused',
  WrongAlgorithm: 'your key was refused',
  IndexUnavailable: 'nobody can be let in at the moment: try again',
};

/** The same key object of the same owner; groups and names may change. */
const isSame = (a: Identity, b: Identity): boolean => ownerOf(a) === ownerOf(b);

const ownerOf = (identity: Identity): string => {
  const key = identity.key === undefined ? '' : formatRef(identity.key);
  return identity.kind === 'User' ? `${key} of ${formatRef(identity.user)}` : key;
};
