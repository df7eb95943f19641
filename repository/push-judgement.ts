import type { Permission } from '../core/access/permission.ts';
import { isZero } from '../core/git/object-name.ts';
import { buildAncestryQuestion, buildPresenceQuestion, type RefUpdate } from '../core/link/hook-dialogue.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { HookChannel, HookFailure } from './hook-channel.ts';
import { changeKey, planQuestions } from './push-questions.ts';
import { type Ancestry, judgePush, type PushVerdict } from './push-verdict.ts';

/**
 * Why a push gets no verdict on its refs.
 * - `UnknownOldValue`: it deletes a ref that is said to have had a value which the repository does not have.
 * - `TooManyChanges`: more than `maxQuestions` of them would have to be looked at.
 */
export type JudgementProblem = HookFailure | 'UnknownOldValue' | 'TooManyChanges';

/** Most changes of a push whose verdict hangs on their being fast-forwards: each starts a git. */
export const maxQuestions = 1_000;

/** After that, nothing is asked that only the audit log wants answered. */
const curiosityMs = 2_000;

/** Asks git what it must be asked, and judges. Rejects with the reason of `signal` once that is aborted. */
export async function judgeUpdates(
  hooks: HookChannel,
  permission: Permission,
  updates: readonly RefUpdate[],
  signal: AbortSignal,
): Promise<Result<PushVerdict, JudgementProblem>> {
  signal.throwIfAborted();
  const deletions = await checkDeletions(hooks, updates);
  signal.throwIfAborted();
  if (!deletions.ok) return deletions;
  const ancestry = await askAncestry(hooks, permission, updates, signal);
  return ancestry.ok ? ok(await judgePush(permission, updates, ancestry.value, signal)) : ancestry;
}

/**
 * git compares what a ref is with what the pusher says that it was, and so lands what was judged or nothing. But not
 * where a ref is deleted that is said to have had a value which is no object: git takes that ref for a broken one.
 */
async function checkDeletions(
  hooks: HookChannel,
  updates: readonly RefUpdate[],
): Promise<Result<undefined, JudgementProblem>> {
  const values = new Set(updates.filter((update) => isZero(update.new)).map(({ old }) => old));
  if ([...values].some(isZero)) return err('UnknownOldValue');
  if (values.size === 0) return ok(undefined);
  const present = await hooks.ask(buildPresenceQuestion([...values]), values.size);
  if (!present.ok) return present;
  return present.value.includes(false) ? err('UnknownOldValue') : ok(undefined);
}

/** One question at a time, so that none is being answered once there is nobody to wait for it. */
async function askAncestry(
  hooks: HookChannel,
  permission: Permission,
  updates: readonly RefUpdate[],
  signal: AbortSignal,
): Promise<Result<Ancestry, JudgementProblem>> {
  const { needed, wanted } = await planQuestions(permission, updates, signal);
  if (needed.length > maxQuestions) return err('TooManyChanges');
  const curiosityEnds = performance.now() + curiosityMs;
  const ancestry = new Map<string, boolean>();
  for (const [index, change] of [...needed, ...wanted].entries()) {
    if (index >= needed.length && performance.now() > curiosityEnds) break;
    const answer = await hooks.ask(buildAncestryQuestion(change), 1);
    signal.throwIfAborted();
    if (!answer.ok) return answer;
    ancestry.set(changeKey(change), answer.value[0] === true);
  }
  return ok(ancestry);
}
