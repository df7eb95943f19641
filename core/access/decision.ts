import type { RuleRef } from './rule-ref.ts';

/**
 * Why something was refused.
 * - `NoGrant`: may not even read; people are told the same as for an absent repository.
 * - `RoleTooLow`: may read, but not do this.
 * - `KeyReadOnly`: the user may, this key may not.
 * - `Frozen`: the repository is read-only for everybody.
 * - `RefRule`: one of the repository's ref rules forbids it, or that its default branch is not deleted.
 */
export type DenyReason = 'NoGrant' | 'RoleTooLow' | 'KeyReadOnly' | 'Frozen' | 'RefRule';

export type Decision =
  | {
      readonly allow: true;
      readonly rule: RuleRef;
      /** Set when a rule in mode Warn would have refused. */
      readonly warning?: string;
    }
  | {
      readonly allow: false;
      readonly reason: DenyReason;
      readonly rule: RuleRef;
      /** For people: what was refused, and what to do. */
      readonly message: string;
    };
