import type { RefAction } from '../access/ref-rule.ts';
import type { RuleRef } from '../access/rule-ref.ts';

/**
 * The verdict on one ref of a push and what came of it, for the audit log. Object names are hexadecimal; all zeros:
 * absent.
 */
export type RefVerdict = {
  readonly ref: string;
  /** As the pusher said. True of every ref that landed: git compares. */
  readonly old: string;
  readonly new: string;
  readonly action: RefAction;
  /** No verdict hung on it, so nobody asked whether it is a fast-forward: `action` is `Rewind` for any change. */
  readonly assumed?: boolean;
  readonly allow: boolean;
  readonly rule: RuleRef;
  /** A `DenyReason`. */
  readonly reason?: string;
  readonly warning?: string;
  /** Whether git made the change. Absent: not known (yet). */
  readonly landed?: boolean;
};

/**
 * What a push asked for, and what came of it. It is told with the verdict, and once more when git is gone. At most 1,000
 * refs are listed; `total` counts all.
 */
export type PushReport = {
  readonly accepted: boolean;
  readonly total: number;
  /** How many of all refs landed. Absent: not known (yet) of each. */
  readonly landed?: number;
  /** Why the push was refused without a verdict on its refs, which are not listed then. */
  readonly problem?: string;
  readonly refs: readonly RefVerdict[];
};
