import { formatRef, type ObjectRef } from '../api/object-ref.ts';

/** The ceiling that an SSHKey sets on whatever its owner may do. */
export type KeyAccess = 'ReadOnly' | 'ReadWrite';

/** The SSHKey object that somebody logged in with. */
export type KeyRef = ObjectRef & {
  /** `SHA256:` and unpadded base64, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
};

/** A person, as one namespace knows them. */
export type UserIdentity = {
  readonly kind: 'User';
  readonly user: ObjectRef;
  readonly displayName?: string;
  readonly email?: string;
  /** Groups of the user's own namespace. */
  readonly groups: readonly string[];
  readonly access: KeyAccess;
  /** Absent only where a decision is asked for without a login (`can-i --user`). */
  readonly key?: KeyRef;
};

/** A key that belongs to repositories instead of to a person. */
export type DeployKeyIdentity = {
  readonly kind: 'DeployKey';
  readonly key: KeyRef;
  /** Names of Repository objects of the key's own namespace. */
  readonly repositories: readonly string[];
  readonly access: KeyAccess;
};

export type Identity = UserIdentity | DeployKeyIdentity;

const formatUser = (user: ObjectRef): string => `GitUser ${formatRef(user)}`;
const formatKey = (key: ObjectRef): string => `SSHKey ${formatRef(key)}`;

/** `GitUser team/alice`, or `SSHKey team/ci` for a deploy key: who acts, in messages and logs. */
export const formatIdentity = (identity: Identity): string =>
  identity.kind === 'User' ? formatUser(identity.user) : formatKey(identity.key);

/** The same of an SSHKey object, and of the user that it stands for, if it is no deploy key. */
export const formatOwner = ({ key, user }: { readonly key: ObjectRef; readonly user?: ObjectRef }): string =>
  user === undefined ? formatKey(key) : formatUser(user);

export const namespaceOf = (identity: Identity): string =>
  identity.kind === 'User' ? identity.user.namespace : identity.key.namespace;
