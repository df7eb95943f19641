import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PushReport, RefVerdict } from '../core/link/push-report.ts';
import type { SessionOrder } from '../core/link/ticket-content.ts';
import { buildProblemReport, buildPushReport, splitRefs } from './build-push-report.ts';
import type { EventSink } from './events.ts';
import { answerHooks } from './hook-conversation.ts';
import { type Landing, landingAsFound, landingAsTold } from './landing.ts';
import type { ListAllowance } from './list-budget.ts';
import type { PushVerdict } from './push-verdict.ts';
import type { ReadRefs } from './read-refs.ts';

type PushOptions = {
  readonly order: SessionOrder;
  /** The bare repository. */
  readonly repository: string;
  /** What git's hooks speak through, and the secret that ends their lists. */
  readonly hook: Duplex;
  readonly secret: string;
  /** For the verdict. */
  readonly judgementTimeMs: number;
  /** Memory for the list of refs. */
  readonly allowance: ListAllowance;
  readonly cancellation: AbortSignal;
  readonly readRefs: ReadRefs;
  /** Tells the gateway; a later report replaces an earlier one. */
  readonly report: (report: PushReport) => void;
  /** Tells it of refs that landed, or perhaps, and that the last report, which follows, does not list. */
  readonly reportUnlisted: (refs: readonly RefVerdict[]) => void;
  /** There was no verdict in time: tells the pusher why, and ends git. */
  readonly onTooSlow: (message: string) => void;
  readonly onEvent: EventSink;
};

export interface Push {
  /** To be called when git is gone, with its exit status: reports what landed. Never rejects. */
  settle(exitStatus: number): Promise<void>;
}

/** Between two parts of what landed, of 16 KiB: a log that is read at 8 MiB a second must not have to drop any. */
const partIntervalMs = 2;

/** For descriptor 3 to end once git's process group was killed; a hook that left the group may hold it open. */
const lastWordsMs = 2_000;

/** Judges what a git asks through its hooks, and finds out what came of it. */
export function servePush(options: PushOptions): Push {
  const { order, repository, hook, secret, judgementTimeMs, allowance, cancellation, readRefs } = options;
  const { report, reportUnlisted, onTooSlow, onEvent } = options;
  const { correlationId } = order;
  /** All that is kept of the push; of a refused one nothing. */
  let accepted: PushVerdict | undefined;

  const conversation = answerHooks({
    hook,
    secret,
    permission: order.permission,
    judgementTimeMs,
    reserve: allowance.reserve,
    cancellation,
    onJudged(verdict) {
      if (verdict.accepted) accepted = verdict;
      else allowance.release();
      report(buildPushReport(verdict).report);
      onEvent({ type: 'PushJudged', correlationId, accepted: verdict.accepted, refs: verdict.verdicts.length });
    },
    onRefused(problem, total, cause) {
      allowance.release();
      report(buildProblemReport(problem, total));
      const fault = problem === 'Fault' && { cause };
      onEvent({ type: 'PushJudged', correlationId, accepted: false, refs: total, problem, ...fault });
      if (problem === 'TooSlow')
        onTooSlow(`this push could not be judged in ${judgementTimeMs / 1000} s, push it in parts`);
    },
  });

  async function findLanding({ verdicts }: PushVerdict, exitStatus: number): Promise<Landing> {
    const timer = setTimeout(() => hook.destroy(), lastWordsMs);
    const landed = await conversation.readLanded();
    clearTimeout(timer);
    if (landed !== undefined) return landingAsTold(verdicts, landed);
    const refs = verdicts.map(({ ref }) => ref);
    return landingAsFound(verdicts, await readRefs(repository, refs), exitStatus === 0);
  }

  async function reportLanding(verdict: PushVerdict, exitStatus: number): Promise<void> {
    const outcome = buildPushReport(verdict, await findLanding(verdict, exitStatus));
    for (const refs of splitRefs(outcome.unlisted)) {
      reportUnlisted(refs);
      await sleep(partIntervalMs);
    }
    report(outcome.report);
    const { total, landed } = outcome.report;
    onEvent({ type: 'PushSettled', correlationId, refs: total, landed });
  }

  return {
    async settle(exitStatus) {
      conversation.end();
      try {
        if (accepted !== undefined) await reportLanding(accepted, exitStatus);
      } catch (cause) {
        onEvent({ type: 'LandingUnknown', correlationId, cause });
      } finally {
        accepted = undefined;
        allowance.release();
        hook.destroy();
      }
    },
  };
}
