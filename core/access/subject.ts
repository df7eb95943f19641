import type { Identity } from './identity.ts';

/** Whom a grant or a rule speaks of, with its namespace filled in. */
export type Subject =
  | { readonly kind: 'User' | 'Group'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'Everyone' };

/** Whether a grant to `subject` reaches `identity`. A deploy key is nobody's: not even Everyone speaks of it. */
export function isGrantedTo(subject: Subject, identity: Identity): boolean {
  if (identity.kind === 'DeployKey') return false;
  switch (subject.kind) {
    case 'Everyone':
      return true;
    case 'User':
      return subject.namespace === identity.user.namespace && subject.name === identity.user.name;
    case 'Group':
      return subject.namespace === identity.user.namespace && identity.groups.includes(subject.name);
  }
}

/** Whether a prohibition for `subject` binds `identity`: as a grant does, and Everyone binds deploy keys too. */
export const binds = (subject: Subject, identity: Identity): boolean =>
  subject.kind === 'Everyone' || isGrantedTo(subject, identity);
