import type { RuleRef } from './rule-ref.ts';
import type { Subject } from './subject.ts';

/** What a push does to one ref. Update: fast-forward. Rewind: any other change of an existing ref. */
export const refActions = ['Create', 'Update', 'Rewind', 'Delete'] as const;
export type RefAction = (typeof refActions)[number];

/** One of a Repository's `refRules`, in order. */
export type RefRule = {
  /** Patterns (`ref-pattern.ts`), of which one must match. */
  readonly refs: readonly string[];
  readonly actions: readonly RefAction[];
  readonly effect: 'Allow' | 'Deny';
  /** `Warn` lets through what a `Deny` would have refused, tells the pusher and is counted. */
  readonly enforcement: 'Enforce' | 'Warn';
  readonly subjects: readonly Subject[];
};

/** A ref rule that was found to bind an identity, with the name it has in messages. */
export type EffectiveRefRule = Omit<RefRule, 'subjects'> & { readonly rule: RuleRef };
