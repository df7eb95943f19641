import type { ObjectKey } from '../core/api/object-key.ts';
import type { Resource } from '../core/api/resource.ts';
import type { Cached, StoreChange } from '../kubernetes/store.ts';
import type { ObservedObject } from './observed-object.ts';

type Change = StoreChange<ObservedObject>;

/** `NAMESPACE/NAME` of the GitUser that an SSHKey is for; one at most. */
export function userOf(resource: Resource | undefined): readonly string[] {
  if (resource?.kind !== 'SSHKey' || resource.spec.userRef === undefined) return [];
  return [`${resource.metadata.namespace}/${resource.spec.userRef.name}`];
}

/** The GitUsers whose SSHKeys changed, who may have more or fewer of them now. */
export function ownersOf(changes: readonly Change[]): ReadonlySet<ObjectKey> {
  const owners = new Set<ObjectKey>();
  for (const change of changes) {
    const sides = [...('before' in change ? [change.before] : []), ...('after' in change ? [change.after] : [])];
    for (const { value } of sides) for (const user of userOf(value.resource)) owners.add(`GitUser ${user}`);
  }
  return owners;
}

/**
 * GitUsers whose SSHKeys let nobody in any more, or do so again. One that was deleted and made anew is `Removed`, then
 * `Added`: its SSHKeys are found to be what they were, and hear of it by nothing but this.
 */
export const suspendedOrBack = (changes: readonly Change[]): readonly string[] =>
  changes
    .filter((change) => {
      const wasSuspended = 'before' in change && isSuspended(change.before);
      return wasSuspended !== ('after' in change && isSuspended(change.after));
    })
    .map(({ key }) => key);

const isSuspended = ({ value: { resource } }: Cached<ObservedObject>): boolean =>
  resource?.kind === 'GitUser' && resource.spec.suspended;
