import { objectKey } from '../api/object-key.ts';
import type { SSHKey } from '../api/resource.ts';
import type { Claim } from './claim-of.ts';
import { accepted, acceptedWith, type Finding } from './findings.ts';
import { firstFew } from './first-few.ts';
import { keyEntry } from './key-entry.ts';
import { createKeyHolders } from './key-holders.ts';
import { type KnownNames, repositoriesOf } from './names.ts';
import type { Verdict } from './verdict.ts';

/**
 * Judges all SSHKeys of one namespace that list one public key, older ones first. Other namespaces may list it too;
 * within a namespace, several users may share it, each by their own login name.
 */
export function judgeKeys(claim: Claim, keys: readonly SSHKey[], known: KnownNames): Verdict {
  const holders = createKeyHolders(claim);
  // First what costs least: nobody looks for the owners of thousands who list a key that others hold.
  const refusals = keys.map((key) => holders.refusalOf(key) ?? faultOfOwner(key, known) ?? holders.admit(key));
  const isShared = holders.keys.length > 1;
  return {
    entry: holders.keys.length === 0 ? undefined : keyEntry(claim, holders.keys),
    findings: keys.map((key, at) => refusals[at] ?? (isShared ? sharing(key) : accepted)),
  };
}

/** Whether the verdict on a key is another one since names came or went that it needs. `finding`: what was found before. */
export function isOvertaken(key: SSHKey, { reason }: Finding, known: KnownNames): boolean {
  if (reason === 'UserNotFound' || reason === 'RepositoryNotFound') return hasOwner(key, known);
  // Who is too large may be so for itself, and keep younger ones out for as long as it has an owner.
  return reason === 'TooLarge' || (reason === 'Accepted' && !hasOwner(key, known));
}

/** A deploy key holds for those of its repositories that exist, for one may come or go without the others. */
const hasOwner = ({ metadata: { namespace }, spec }: SSHKey, known: KnownNames): boolean =>
  spec.userRef === undefined
    ? (spec.repositoryRefs ?? []).some(({ name }) => known.has(objectKey('Repository', { namespace, name })))
    : known.has(objectKey('GitUser', { namespace, name: spec.userRef.name }));

function faultOfOwner(key: SSHKey, known: KnownNames): Finding | undefined {
  if (hasOwner(key, known)) return undefined;
  const { metadata, spec } = key;
  if (spec.userRef === undefined) {
    const message = `there is no ${firstFew(repositoriesOf(key))}: create one, or correct spec.repositoryRefs`;
    return { reason: 'RepositoryNotFound', message, field: 'repositoryRefs' };
  }
  const user = objectKey('GitUser', { namespace: metadata.namespace, name: spec.userRef.name });
  return {
    reason: 'UserNotFound',
    message: `there is no ${user}: create it, or correct spec.userRef`,
    field: 'userRef',
  };
}

const sharing = ({ spec }: SSHKey): Finding =>
  acceptedWith(`other users of this namespace list the same key: log in as ${spec.userRef?.name}@, not as git@`);
