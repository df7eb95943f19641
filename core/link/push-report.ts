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

/** `warn`: a rule would have refused the ref, and only warns. */
export const refVerdicts = ['allow', 'warn', 'deny'] as const;

export type RefCount = {
  readonly action: RefAction;
  readonly verdict: (typeof refVerdicts)[number];
  readonly refs: number;
};

/**
 * What a push asked for, and what came of it. It is told with the verdict, and once more when git is gone. A pusher
 * decides how many refs there are, so only the few that matter most are listed; those that landed beyond these are told
 * in parts of their own.
 */
export type PushReport = {
  readonly accepted: boolean;
  readonly total: number;
  /** How many of all refs landed. Absent: not known (yet) of each. */
  readonly landed?: number;
  /** Why the push was refused without a verdict on its refs, which are neither counted nor listed then. */
  readonly problem?: string;
  /** Of all refs. */
  readonly counts: readonly RefCount[];
  readonly refs: readonly RefVerdict[];
};
