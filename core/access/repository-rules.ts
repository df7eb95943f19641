import type { ObjectRef } from '../api/object-ref.ts';
import type { RefRule } from './ref-rule.ts';
import type { Role } from './role.ts';
import type { Subject } from './subject.ts';

/** All that decisions about a repository depend on. */
export type RepositoryRules = ObjectRef & {
  /** Without `refs/heads/`. */
  readonly defaultBranch: string;
  readonly access: readonly { readonly role: Role; readonly subjects: readonly Subject[] }[];
  readonly refRules: readonly RefRule[];
  readonly readOnly?: { readonly message: string };
};
