import { type RefAction, refActions } from '../core/access/ref-rule.ts';
import { type PushReport, type RefCount, type RefVerdict, refVerdicts } from '../core/link/push-report.ts';
import type { Landing } from './landing.ts';
import type { PushVerdict } from './push-verdict.ts';

/** Refs that a report lists. */
const maxListed = 20;
/** Bytes of a list as JSON: with all that stands beside it in a line of the log, well below what journald cuts. */
const maxListBytes = 16 * 1024;

type BuiltReport = {
  readonly report: PushReport;
  /** What landed, or perhaps, beyond what the report lists. */
  readonly unlisted: readonly RefVerdict[];
};

/** What the gateway is told: of a refused push, that nothing landed; of an accepted one, what is known of its landing. */
export function buildPushReport({ accepted, verdicts }: PushVerdict, landing: Landing = new Map()): BuiltReport {
  const ranks: RefVerdict[][] = [];
  let landed = 0;
  let unknown = 0;
  for (const verdict of verdicts) {
    const outcome = withLanding(verdict, accepted ? landing.get(verdict.ref) : false);
    if (outcome.landed === undefined) unknown += 1;
    else if (outcome.landed) landed += 1;
    const rank = rankOf(outcome);
    ranks[rank] ??= [];
    ranks[rank].push(outcome);
  }
  const ranked = ranks.flat();
  const [refs = []] = splitRefs(ranked, maxListed);
  const counts = countRefs(verdicts);
  const report = { accepted, total: verdicts.length, ...(unknown === 0 && { landed }), counts, refs };
  return { report, unlisted: ranked.slice(refs.length).filter((outcome) => outcome.landed !== false) };
}

/** Of a push that was refused before its refs were judged. */
export const buildProblemReport = (problem: string, total: number): PushReport => ({
  accepted: false,
  total,
  landed: 0,
  problem,
  counts: [],
  refs: [],
});

/** Parts of a list that are each short enough for a line of the log; as lazy as its reader. */
export function* splitRefs(refs: readonly RefVerdict[], maxRefs = Number.POSITIVE_INFINITY): Iterable<RefVerdict[]> {
  let part: RefVerdict[] = [];
  let length = 0;
  for (const ref of refs) {
    const added = Buffer.byteLength(JSON.stringify(ref)) + 1;
    if (part.length > 0 && (part.length >= maxRefs || length + added > maxListBytes)) {
      yield part;
      part = [];
      length = 0;
    }
    part.push(ref);
    length += added;
  }
  if (part.length > 0) yield part;
}

const withLanding = (verdict: RefVerdict, landed: boolean | undefined): RefVerdict =>
  landed === undefined ? verdict : { ...verdict, landed };

function countRefs(verdicts: readonly RefVerdict[]): readonly RefCount[] {
  const kinds = refActions.flatMap((action) => refVerdicts.map((verdict) => ({ action, verdict, refs: 0 })));
  for (const { action, allow, warning } of verdicts) {
    const verdict = allow ? (warning === undefined ? 'allow' : 'warn') : 'deny';
    const kind = kinds[refActions.indexOf(action) * refVerdicts.length + refVerdicts.indexOf(verdict)];
    if (kind !== undefined) kind.refs += 1;
  }
  return kinds.filter(({ refs }) => refs > 0);
}

/**
 * What matters most comes first: refused by us; landed, or perhaps; refused by git. Within these what takes something
 * away, then what changes it. A pusher can fill the list with creations, and with changes that git refuses because a ref
 * is not what he says: neither may push out what landed.
 */
function rankOf({ allow, landed, action }: RefVerdict): number {
  const fate = allow ? (landed === false ? 2 : 1) : 0;
  return 3 * fate + rankOfAction[action];
}

const rankOfAction: Readonly<Record<RefAction, number>> = { Delete: 0, Rewind: 0, Update: 1, Create: 2 };
