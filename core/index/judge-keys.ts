import { objectKey } from '../api/object-key.ts';
import { formatRef } from '../api/object-ref.ts';
import type { SSHKey } from '../api/resource.ts';
import type { Claim, Claimant } from './claimant.ts';
import type { KeyEntry, KeyListing } from './entry.ts';
import { encodeEntry, maxEntryBytes } from './entry-line.ts';
import { accept, type Finding, type Findings, refuse } from './findings.ts';
import type { KnownNames } from './names.ts';
import { bySeniority } from './seniority.ts';
import type { Verdict } from './verdict.ts';

/**
 * Judges all SSHKeys of one namespace that list one public key. Other namespaces may list it too; within a namespace,
 * several users may share it, each by their own login name.
 */
export function judgeKeys(claimants: readonly Claimant<SSHKey>[], known: KnownNames): Verdict {
  const findings: Findings = new Map();
  const holders: SSHKey[] = [];
  let claim: Claim = '';
  for (const { resource: key, ...own } of [...claimants].sort((a, b) => bySeniority(a.resource, b.resource))) {
    const missing = missingRepositories(key, known);
    const fault = own.fault ?? faultOfOwner(key, known, missing);
    claim = own.claim;
    if (fault !== undefined) {
      refuse(findings, key, fault);
    } else if (holders.length === 0) {
      accept(findings, key, missing);
      holders.push(key);
    } else if (mayShare(claim, key, holders, findings)) {
      holders.push(key);
    }
  }
  return { entry: holders.length === 0 ? undefined : keyEntry(claim, holders), findings };
}

function faultOfOwner(key: SSHKey, known: KnownNames, missing: readonly string[]): Finding | undefined {
  const { userRef, repositoryRefs = [] } = key.spec;
  const user = userRef && objectKey('GitUser', { namespace: key.metadata.namespace, name: userRef.name });
  if (user !== undefined && !known.has(user)) {
    const message = `there is no ${user}: create it, or correct spec.userRef`;
    return { reason: 'UserNotFound', message, field: 'userRef' };
  }
  // A deploy key holds for those of its repositories that exist, for one may come or go without the others.
  if (repositoryRefs.length === 0 || missing.length < repositoryRefs.length) return undefined;
  const message = `${missing.join(', ')}: create one, or correct spec.repositoryRefs`;
  return { reason: 'RepositoryNotFound', message, field: 'repositoryRefs' };
}

const missingRepositories = ({ metadata, spec }: SSHKey, known: KnownNames): readonly string[] =>
  (spec.repositoryRefs ?? [])
    .map(({ name }) => objectKey('Repository', { namespace: metadata.namespace, name }))
    .filter((repository) => !known.has(repository))
    .map((repository) => `there is no ${repository}`);

function mayShare(claim: Claim, key: SSHKey, earlier: readonly SSHKey[], findings: Findings): boolean {
  const winner = earlier.find(
    (other) =>
      key.spec.userRef === undefined ||
      other.spec.userRef === undefined ||
      other.spec.userRef.name === key.spec.userRef.name,
  );
  if (winner !== undefined) {
    const message = `the same public key is in SSHKey ${formatRef(winner.metadata)}, which holds: remove one of the two`;
    refuse(findings, key, { reason: 'Duplicate', message, field: 'publicKey' });
    return false;
  }
  if (Buffer.byteLength(encodeEntry(keyEntry(claim, [...earlier, key]))) > maxEntryBytes) {
    const message = 'too many users of this namespace list the same key: remove it from some of them';
    refuse(findings, key, { reason: 'TooLarge', message, field: 'publicKey' });
    return false;
  }
  for (const sharer of [...earlier, key]) {
    const login = `${sharer.spec.userRef?.name}@`;
    accept(findings, sharer, [`other users of this namespace list the same key: log in as ${login}, not as git@`]);
  }
  return true;
}

/** `claim`: `key/HASH/NAMESPACE`. */
function keyEntry(claim: Claim, keys: readonly SSHKey[]): KeyEntry {
  const [, hash = '', namespace = ''] = claim.split('/');
  return { kind: 'Key', hash, namespace, listings: keys.map(listing) };
}

function listing({ metadata, spec }: SSHKey): KeyListing {
  const { userRef, repositoryRefs, notBefore, expiresAt, sourceRanges } = spec;
  return {
    name: metadata.name,
    ...(metadata.createdAt !== undefined && { createdAt: metadata.createdAt }),
    ...(userRef !== undefined && { user: userRef.name }),
    ...(repositoryRefs !== undefined && { repositories: repositoryRefs.map(({ name }) => name) }),
    access: spec.access ?? (userRef === undefined ? 'ReadOnly' : 'ReadWrite'),
    ...(notBefore !== undefined && { notBefore: Date.parse(notBefore) }),
    ...(expiresAt !== undefined && { expiresAt: Date.parse(expiresAt) }),
    ...(sourceRanges !== undefined && { sourceRanges }),
  };
}
