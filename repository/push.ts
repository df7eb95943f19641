import type { Duplex } from 'node:stream';
import type { PushReport } from '../core/link/push-report.ts';
import type { SessionOrder } from '../core/link/ticket-content.ts';
import { buildProblemReport, buildPushReport, type Landing } from './build-push-report.ts';
import type { EventSink } from './events.ts';
import { answerHooks } from './hook-conversation.ts';
import { landingAsFound, landingAsTold } from './landing.ts';
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
  readonly timeLimitMs: number;
  readonly cancellation: AbortSignal;
  readonly readRefs: ReadRefs;
  /** Tells the gateway; a later report replaces an earlier one. */
  readonly report: (report: PushReport) => void;
  /** There was no verdict in time: tells the pusher why, and ends git. */
  readonly onTooSlow: (message: string) => void;
  readonly onEvent: EventSink;
};

export interface Push {
  /** To be called when git is gone, with its exit status: reports what landed. Never rejects. */
  settle(exitStatus: number): Promise<void>;
}

/** For a hook that outlives its git, which ends all that it started. */
const lastWordsMs = 2_000;

/** Judges what a git asks through its hooks, and finds out what came of it. */
export function servePush(options: PushOptions): Push {
  const { order, repository, hook, secret, timeLimitMs, cancellation, readRefs, report, onTooSlow, onEvent } = options;
  const { correlationId } = order;
  let accepted: PushVerdict | undefined;

  const conversation = answerHooks({
    channel: hook,
    secret,
    permission: order.permission,
    timeLimitMs,
    cancellation,
    onJudged(verdict) {
      if (verdict.accepted) accepted = verdict;
      report(buildPushReport(verdict));
      onEvent({ type: 'PushJudged', correlationId, accepted: verdict.accepted, refs: verdict.verdicts.length });
    },
    onRefused(problem, total) {
      report(buildProblemReport(problem, total));
      onEvent({ type: 'PushJudged', correlationId, accepted: false, refs: total, problem });
      if (problem === 'TooSlow')
        onTooSlow(`this push could not be judged in ${timeLimitMs / 1000} s, push it in parts`);
    },
    onFault: (cause) => onEvent({ type: 'JudgementFailed', correlationId, cause }),
  });

  async function findLanding({ verdicts }: PushVerdict, exitStatus: number): Promise<Landing> {
    const timer = setTimeout(() => hook.destroy(), lastWordsMs);
    const landed = await conversation.readLanded();
    clearTimeout(timer);
    if (landed !== undefined) return landingAsTold(verdicts, landed);
    const refs = verdicts.map(({ ref }) => ref);
    return landingAsFound(verdicts, await readRefs(repository, refs), exitStatus === 0);
  }

  return {
    async settle(exitStatus) {
      try {
        if (accepted === undefined) return;
        const outcome = buildPushReport(accepted, await findLanding(accepted, exitStatus));
        report(outcome);
        onEvent({ type: 'PushSettled', correlationId, refs: outcome.total, landed: outcome.landed });
      } catch (cause) {
        onEvent({ type: 'LandingUnknown', correlationId, cause });
      } finally {
        hook.destroy();
      }
    },
  };
}
