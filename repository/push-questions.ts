import { ancestryMatters } from '../core/access/decide.ts';
import type { Permission } from '../core/access/permission.ts';
import { isZero } from '../core/git/object-name.ts';
import type { RefUpdate } from '../core/link/hook-dialogue.ts';
import { inTurns } from '../runtime/in-turns.ts';

/** What git must be asked before a push can be judged. */
type PushQuestions = {
  /** Changes whose verdict hangs on their being fast-forwards; each pair of old and new once. */
  readonly needed: readonly RefUpdate[];
  /** Further changes of which the audit log is to tell a rewind from an update. */
  readonly wanted: readonly RefUpdate[];
};

/** Up to here each change is looked at, so that the audit log tells a rewind from an update for those too who may both. */
const maxWanted = 16;

/** Two refs that change in the same way pose one question. */
export const changeKey = (change: Pick<RefUpdate, 'old' | 'new'>): string => `${change.old} ${change.new}`;

/** Of a ref that was there, stays, and is not what it was. */
export const isChange = (update: RefUpdate): boolean =>
  !isZero(update.old) && !isZero(update.new) && update.old !== update.new;

/** A tag that moves has lost what it named, whatever lies between: git's own clients ask for force there too. */
export const isTag = ({ ref }: RefUpdate): boolean => ref.startsWith('refs/tags/');

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
  return { needed: [...needed.values()], wanted: needed.size + rest.length <= maxWanted ? rest : [] };
}
