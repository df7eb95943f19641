import { setImmediate as nextTurn } from 'node:timers/promises';
import { ancestryMatters, decideRef } from '../core/access/decide.ts';
import type { Permission } from '../core/access/permission.ts';
import type { RefAction } from '../core/access/ref-rule.ts';
import { isZero } from '../core/git/object-name.ts';
import type { RefUpdate } from '../core/link/hook-dialogue.ts';
import type { PushReport, RefVerdict } from '../core/link/push-report.ts';

type PushVerdict = {
  readonly report: PushReport;
  /** For the pusher. */
  readonly messages: readonly string[];
};

/** Refs that messages name. */
const mostNamed = 50;
const mostReported = 1_000;
/** In bytes of JSON, so that a report fits into a frame of the link. */
const longestReport = 512 * 1024;
/** Up to here each change is looked at, so that the audit log tells a rewind from an update for those too who may both. */
const alwaysClassified = 16;
/** In milliseconds: how long the event loop may be held at a time. */
const longestTurn = 10;

const isChange = (update: RefUpdate): boolean => !isZero(update.old) && !isZero(update.new);

/** A tag that moves has lost what it named, whatever lies between: git's own clients ask for force there too. */
const isTag = ({ ref }: RefUpdate): boolean => ref.startsWith('refs/tags/');

/** The changes of which git must tell whether they are fast-forwards. */
export async function planQuestions(
  permission: Permission,
  updates: readonly RefUpdate[],
): Promise<ReadonlySet<RefUpdate>> {
  const changes = updates.filter((update) => isChange(update) && !isTag(update));
  if (changes.length <= alwaysClassified) return new Set(changes);
  const questions = new Set<RefUpdate>();
  await inTurns(changes, (change) => {
    if (ancestryMatters(permission, change.ref)) questions.add(change);
  });
  return questions;
}

/** Judges each ref. What is not in `fastForwards` and changes a ref counts as a rewind. */
export async function judgePush(
  permission: Permission,
  updates: readonly RefUpdate[],
  fastForwards: ReadonlySet<RefUpdate>,
): Promise<PushVerdict> {
  const verdicts: RefVerdict[] = [];
  await inTurns(updates, (update) => {
    verdicts.push(judge(permission, update, classify(update, fastForwards)));
  });
  const refused = verdicts.filter((verdict) => !verdict.allow);
  const warned = verdicts.filter((verdict) => verdict.allow && verdict.warning !== undefined);
  const accepted = refused.length === 0;
  const messages = [
    ...nameSome(refused, (verdict) => `refused ${verdict.ref}: ${verdict.message} (${verdict.rule})`),
    ...nameSome(warned, (verdict) => `warning ${verdict.ref}: ${verdict.warning} (${verdict.rule})`),
    ...(accepted ? [] : ['nothing of this push was kept']),
  ];
  return { report: { accepted, total: updates.length, refs: listSome([...refused, ...verdicts]) }, messages };
}

type MessagedVerdict = RefVerdict & { readonly message?: string };

function classify(update: RefUpdate, fastForwards: ReadonlySet<RefUpdate>): RefAction {
  if (isZero(update.new)) return 'Delete';
  if (isZero(update.old)) return 'Create';
  return fastForwards.has(update) ? 'Update' : 'Rewind';
}

function judge(permission: Permission, update: RefUpdate, action: RefAction): MessagedVerdict {
  const { allow, rule, ...details } = decideRef(permission, action, update.ref);
  return { ref: update.ref, old: update.old, new: update.new, action, allow, rule, ...details };
}

function nameSome(verdicts: readonly MessagedVerdict[], name: (verdict: MessagedVerdict) => string): string[] {
  const named = verdicts.slice(0, mostNamed).map(name);
  return verdicts.length > mostNamed ? [...named, `and ${verdicts.length - mostNamed} more`] : named;
}

/** What was refused comes first, so that a bounded list still says why. */
function listSome(verdicts: readonly MessagedVerdict[]): readonly RefVerdict[] {
  const listed = new Set<RefVerdict>();
  let length = 0;
  for (const verdict of new Set(verdicts)) {
    const { message: _, ...entry } = verdict;
    length += Buffer.byteLength(JSON.stringify(entry));
    if (listed.size >= mostReported || length > longestReport) break;
    listed.add(entry);
  }
  return [...listed];
}

/** Many refs under many rules take long to judge; other sessions must not wait for it. */
async function inTurns<Item>(items: readonly Item[], visit: (item: Item) => void): Promise<void> {
  let turnEnds = performance.now() + longestTurn;
  for (const item of items) {
    visit(item);
    if (performance.now() < turnEnds) continue;
    await nextTurn();
    turnEnds = performance.now() + longestTurn;
  }
}
