import { decideRef } from '../core/access/decide.ts';
import type { Permission } from '../core/access/permission.ts';
import type { RefAction } from '../core/access/ref-rule.ts';
import { isZero } from '../core/git/object-name.ts';
import type { RefUpdate } from '../core/link/hook-dialogue.ts';
import type { RefVerdict } from '../core/link/push-report.ts';
import { inTurns } from '../runtime/in-turns.ts';
import { changeKey, isChange, isTag } from './push-questions.ts';

export type PushVerdict = {
  readonly accepted: boolean;
  readonly verdicts: readonly RefVerdict[];
  /** For the pusher. */
  readonly messages: readonly string[];
};

/** For each change that was asked about, by `changeKey`: whether it is a fast-forward. */
export type Ancestry = ReadonlyMap<string, boolean>;

/** Refs that messages name. */
const maxNamed = 50;

/** Judges each ref. A change that is in no answer counts as a rewind. Rejects with the reason of `signal`. */
export async function judgePush(
  permission: Permission,
  updates: readonly RefUpdate[],
  ancestry: Ancestry,
  signal: AbortSignal,
): Promise<PushVerdict> {
  const judged: MessagedVerdict[] = [];
  await inTurns(updates, signal, (update) => {
    judged.push(judge(permission, update, ancestry));
  });
  const refused = judged.filter(({ verdict }) => !verdict.allow);
  const warned = judged.filter(({ verdict }) => verdict.warning !== undefined);
  const accepted = refused.length === 0;
  const messages = [
    ...nameSome(refused, ({ verdict, message }) => `refused ${verdict.ref}: ${message} (${verdict.rule})`),
    ...nameSome(warned, ({ verdict }) => `warning ${verdict.ref}: ${verdict.warning} (${verdict.rule})`),
    ...(accepted ? [] : ['nothing of this push was kept']),
  ];
  return { accepted, verdicts: judged.map(({ verdict }) => verdict), messages };
}

/** `message` says why it is refused, and is empty if it is not. */
type MessagedVerdict = { readonly verdict: RefVerdict; readonly message: string };

function judge(permission: Permission, update: RefUpdate, ancestry: Ancestry): MessagedVerdict {
  const action = classify(update, ancestry);
  const isAssumed = action === 'Rewind' && !isTag(update) && !ancestry.has(changeKey(update));
  const decision = decideRef(permission, action, update.ref);
  const { ref, old, new: next } = update;
  const asked = { ref, old, new: next, action, ...(isAssumed && { assumed: true }) };
  if (decision.allow) return { verdict: { ...asked, ...decision }, message: '' };
  const { message, ...refusal } = decision;
  return { verdict: { ...asked, ...refusal }, message };
}

function classify(update: RefUpdate, ancestry: Ancestry): RefAction {
  if (isZero(update.new)) return 'Delete';
  if (isZero(update.old)) return 'Create';
  const isRewind = isChange(update) && (isTag(update) || ancestry.get(changeKey(update)) !== true);
  return isRewind ? 'Rewind' : 'Update';
}

function nameSome(verdicts: readonly MessagedVerdict[], name: (verdict: MessagedVerdict) => string): string[] {
  const named = verdicts.slice(0, maxNamed).map(name);
  return verdicts.length > maxNamed ? [...named, `and ${verdicts.length - maxNamed} more`] : named;
}
