import { formatRef, type ObjectRef } from '../api/object-ref.ts';

/** The field of an object that decided, e.g. `Repository team-a/website spec.access[0]`. */
export type RuleRef = string;

/** @param field e.g. `spec.access[0]`. */
export const ruleRef = (kind: 'Repository' | 'SSHKey', ref: ObjectRef | undefined, field: string): RuleRef =>
  [kind, ...(ref === undefined ? [] : [formatRef(ref)]), field].join(' ');
