import type { SSHKey } from '../api/resource.ts';
import type { Claim } from './claim-of.ts';
import type { KeyEntry, KeyListing } from './entry.ts';

/** `claim`: `key/HASH/NAMESPACE`. */
export function keyEntry(claim: Claim, keys: readonly SSHKey[]): KeyEntry {
  const [, hash = '', namespace = ''] = claim.split('/');
  return { kind: 'Key', hash, namespace, listings: keys.map(keyListing) };
}

export function keyListing({ metadata, spec }: SSHKey): KeyListing {
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
