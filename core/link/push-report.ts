import type { DenyReason } from '../access/decision.ts';
import type { RefAction } from '../access/ref-rule.ts';
import type { RuleRef } from '../access/rule-ref.ts';

/** The verdict on one ref of a push, for the audit log. Object names are hexadecimal; all zeros: absent. */
export type RefVerdict = {
  readonly ref: string;
  readonly old: string;
  readonly new: string;
  readonly action: RefAction;
  readonly allow: boolean;
  readonly rule: RuleRef;
  readonly reason?: DenyReason;
  readonly warning?: string;
};

/** What a push asked for. At most 1,000 refs are listed; `total` counts all. */
export type PushReport = {
  readonly accepted: boolean;
  readonly total: number;
  readonly refs: readonly RefVerdict[];
};
