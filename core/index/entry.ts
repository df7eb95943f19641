import type { KeyAccess } from '../access/identity.ts';
import type { RepositoryRules } from '../access/repository-rules.ts';
import type { ObjectRef } from '../api/object-ref.ts';

/** One SSHKey object that lists a public key. Times are in milliseconds since 1970. */
export type KeyListing = {
  /** Name of the SSHKey object. */
  readonly name: string;
  /** Of the object; absent where age plays no part. */
  readonly createdAt?: number;
  /** Exactly one of both: the GitUser, or the Repositories, of the same namespace. */
  readonly user?: string;
  readonly repositories?: readonly string[];
  readonly access: KeyAccess;
  readonly notBefore?: number;
  readonly expiresAt?: number;
  /** CIDR; absent: from anywhere. */
  readonly sourceRanges?: readonly string[];
};

/** All that one namespace says of one public key: several listings only when they are of different users. */
export type KeyEntry = {
  readonly kind: 'Key';
  /** `keyHash` of the public key blob. */
  readonly hash: string;
  readonly namespace: string;
  readonly listings: readonly KeyListing[];
};

export type UserEntry = ObjectRef & {
  readonly kind: 'User';
  readonly displayName?: string;
  readonly email?: string;
  readonly groups: readonly string[];
  readonly suspended: boolean;
};

export type RepositoryEntry = RepositoryRules & {
  readonly kind: 'Repository';
  readonly uid: string;
  readonly type: 'Git';
  readonly path: string;
  readonly description?: string;
  readonly defaultBranch: string;
};

/** What the operator compiles objects into, and all that a gateway ever reads. */
export type IndexEntry = KeyEntry | UserEntry | RepositoryEntry;

/** Where an entry is looked up. Entries of one look-up key lie side by side. */
export const lookupKey = {
  key: (hash: string): string => `key/${hash}`,
  user: (ref: ObjectRef): string => `user/${ref.namespace}/${ref.name}`,
  repository: (path: string): string => `repository/${path}`,
};

export function lookupKeyOf(entry: IndexEntry): string {
  switch (entry.kind) {
    case 'Key':
      return lookupKey.key(entry.hash);
    case 'User':
      return lookupKey.user(entry);
    case 'Repository':
      return lookupKey.repository(entry.path);
  }
}

/** Unique among all entries: a public key has one entry for each namespace that lists it. */
export const entryId = (entry: IndexEntry): string =>
  entry.kind === 'Key' ? `${lookupKeyOf(entry)}/${entry.namespace}` : lookupKeyOf(entry);

/** `key/HASH/NAMESPACE` is looked up as `key/HASH`, every other id as itself. */
export const lookupKeyOfId = (id: string): string => (id.startsWith('key/') ? id.slice(0, id.lastIndexOf('/')) : id);
