import { setImmediate as nextTurn } from 'node:timers/promises';
import { ancestryMatters, decideRef } from '../core/access/decide.ts';
import type { Permission } from '../core/access/permission.ts';
import type { RefAction } from '../core/access/ref-rule.ts';
import { isZero } from '../core/git/object-name.ts';
import type { RefUpdate } from '../core/link/hook-dialogue.ts';
import type { RefVerdict } from '../core/link/push-report.ts';

/** What git must be asked before a push can be judged. */
export type PushQuestions = {
  /** Changes whose verdict hangs on their being fast-forwards; each pair of old and new once. */
  readonly needed: readonly RefUpdate[];
  /** Further changes of which the audit log is to tell a rewind from an update. */
  readonly wanted: readonly RefUpdate[];
};

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
/** Up to here each change is looked at, so that the audit log tells a rewind from an update for those too who may both. */
const alwaysClassified = 16;
/** How long the event loop may be held at a time. */
const maxTurnMs = 10;

/** Two refs that change in the same way pose one question. */
export const changeKey = (change: Pick<RefUpdate, 'old' | 'new'>): string => `${change.old} ${change.new}`;

const isChange = (update: RefUpdate): boolean =>
  !isZero(update.old) && !isZero(update.new) && update.old !== update.new;

/** A tag that moves has lost what it named, whatever lies between: git's own clients ask for force there too. */
const isTag = ({ ref }: RefUpdate): boolean => ref.startsWith('refs/tags/');

/** Finds what to ask. Rejects with the reason of `signal` once that is aborted. */
export async function planQuestions(
  permission: Permission,
  updates: readonly RefUpdate[],
  signal: AbortSignal,
): Promise<PushQuestions> {
  const needed = new Map<string, RefUpdate>();
  const wanted = new Map<string, RefUpdate>();
  await inTurns(updates, signal, (update) => {
    if (!isChange(update) || isTag(update)) return;
    (ancestryMatters(permission, update.ref) ? needed : wanted).set(changeKey(update), update);
  });
  const rest = [...wanted].filter(([key]) => !needed.has(key)).map(([, update]) => update);
  return { needed: [...needed.values()], wanted: needed.size + rest.length <= alwaysClassified ? rest : [] };
}

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

/** Many refs under many rules take long to judge; other sessions must not wait for it. */
async function inTurns<Item>(items: readonly Item[], signal: AbortSignal, visit: (item: Item) => void): Promise<void> {
  let turnEnds = performance.now() + maxTurnMs;
  for (const item of items) {
    visit(item);
    if (performance.now() < turnEnds) continue;
    await nextTurn();
    signal.throwIfAborted();
    turnEnds = performance.now() + maxTurnMs;
  }
}
