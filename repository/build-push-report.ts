import type { RefAction } from '../core/access/ref-rule.ts';
import type { PushReport, RefVerdict } from '../core/link/push-report.ts';
import type { PushVerdict } from './push-verdict.ts';

const maxReported = 1_000;
/** In bytes of JSON, so that a report fits into a frame of the link. */
const maxReportBytes = 512 * 1024;

/** By ref: whether git made the change. What is not in it is not known. */
export type Landing = ReadonlyMap<string, boolean>;

/** What the gateway is told: of a refused push, that nothing landed; of an accepted one, what is known of its landing. */
export function buildPushReport({ accepted, verdicts }: PushVerdict, landing: Landing = new Map()): PushReport {
  const outcomes = verdicts.map((verdict): RefVerdict => {
    const landed = accepted ? landing.get(verdict.ref) : false;
    return landed === undefined ? verdict : { ...verdict, landed };
  });
  const isKnown = outcomes.every(({ landed }) => landed !== undefined);
  const landed = isKnown && { landed: outcomes.filter((outcome) => outcome.landed).length };
  return { accepted, total: verdicts.length, ...landed, refs: listSome(outcomes) };
}

/** Of a push that was refused before its refs were judged. */
export const buildProblemReport = (problem: string, total: number): PushReport => ({
  accepted: false,
  total,
  landed: 0,
  problem,
  refs: [],
});

/**
 * What matters most comes first: a pusher can fill the list with changes that are refused by git, because they are not
 * of what is there, or that nobody would look for.
 */
function listSome(outcomes: readonly RefVerdict[]): readonly RefVerdict[] {
  const listed: RefVerdict[] = [];
  let length = 0;
  for (const outcome of outcomes.toSorted((a, b) => rank(a) - rank(b))) {
    length += Buffer.byteLength(JSON.stringify(outcome)) + 1;
    if (listed.length >= maxReported || length > maxReportBytes) break;
    listed.push(outcome);
  }
  return listed;
}

/** Refused by us; landed, or perhaps; refused by git. Within these what takes something away, then what changes it. */
function rank({ allow, landed, action }: RefVerdict): number {
  const fate = allow ? (landed === false ? 2 : 1) : 0;
  return 3 * fate + rankOfAction[action];
}

const rankOfAction: Readonly<Record<RefAction, number>> = { Delete: 0, Rewind: 0, Update: 1, Create: 2 };
