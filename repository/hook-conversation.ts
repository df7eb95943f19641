import type { Duplex } from 'node:stream';
import type { Permission } from '../core/access/permission.ts';
import { buildVerdict, maxRefsPerPush, type RefUpdate } from '../core/link/hook-dialogue.ts';
import { createHookChannel } from './hook-channel.ts';
import { type JudgementProblem, judgeUpdates, maxQuestions } from './push-judgement.ts';
import type { PushVerdict } from './push-verdict.ts';

/**
 * Why a push was refused without a verdict on its refs. `TooSlow`: it could not be judged in its time. `Cancelled`: the
 * session was ended. `Fault`: ours.
 */
export type PushProblem = Exclude<JudgementProblem, 'Gone'> | 'TooSlow' | 'Cancelled' | 'Fault';

type HookConversationOptions = {
  readonly hook: Duplex;
  readonly secret: string;
  readonly permission: Permission;
  /** From the first word of the hook to the verdict. */
  readonly judgementTimeMs: number;
  /** Asked before bytes of the push's list are kept. */
  readonly reserve: (bytes: number) => boolean;
  /** Once aborted, the verdict is no; the message of its reason says why, for the pusher. */
  readonly cancellation: AbortSignal;
  /** Called before the hook hears the verdict. */
  onJudged(verdict: PushVerdict): void;
  /**
   * The push is refused, whatever it asked for; `total` counts the refs that are known of, `cause` is that of a `Fault`.
   * After `TooSlow` the hook gets no answer, for it may be waiting for git: it has to be ended.
   */
  onRefused(problem: PushProblem, total: number, cause?: unknown): void;
};

interface HookConversation {
  /** git is gone: what has not been judged by now never will be, and nothing more is told of it. */
  end(): void;
  /** After `end`: the refs that git said it has changed, undefined if it did not come to say so. */
  readLanded(): Promise<readonly RefUpdate[] | undefined>;
}

/** Answers the hooks of one git. One that runs no hook, as when nothing is pushed, just never asks. */
export function answerHooks(options: HookConversationOptions): HookConversation {
  const { hook, secret, permission, judgementTimeMs, reserve, cancellation, onJudged, onRefused } = options;
  const deadline = new AbortController();
  const gone = new AbortController();
  const stop = AbortSignal.any([cancellation, deadline.signal, gone.signal]);
  let total = 0;
  let deadlineTimer: NodeJS.Timeout | undefined;

  function onFirstWord(): void {
    deadlineTimer = setTimeout(() => {
      deadline.abort();
      onRefused('TooSlow', total);
    }, judgementTimeMs);
  }
  const channel = createHookChannel({ hook, secret, reserve, onFirstWord });

  function refuse(problem: Exclude<PushProblem, 'TooSlow'>, message: string, cause?: unknown): void {
    channel.refuse(buildVerdict(false, [`${message}; nothing of this push was kept`]));
    onRefused(problem, total, cause);
  }

  async function judge(): Promise<void> {
    const list = await channel.readUpdates();
    total = list.ok ? list.value.length : 0;
    const verdict = list.ok ? await judgeUpdates(channel, permission, list.value, stop) : list;
    clearTimeout(deadlineTimer);
    // The last look before the answer: nothing may come between the two.
    stop.throwIfAborted();
    if (!verdict.ok) {
      if (verdict.error !== 'Gone') refuse(verdict.error, refusals[verdict.error]);
      return;
    }
    onJudged(verdict.value);
    const { accepted, messages } = verdict.value;
    if (accepted) channel.accept(buildVerdict(true, messages));
    else channel.refuse(buildVerdict(false, messages));
  }

  judge().catch((cause: unknown) => {
    clearTimeout(deadlineTimer);
    if (deadline.signal.aborted || gone.signal.aborted) return;
    if (cancellation.aborted) refuse('Cancelled', `the session was ended: ${(cancellation.reason as Error).message}`);
    else refuse('Fault', 'the push could not be judged', cause);
  });

  return {
    end() {
      clearTimeout(deadlineTimer);
      gone.abort();
    },
    async readLanded() {
      const landed = await channel.readUpdates();
      return landed.ok ? landed.value : undefined;
    },
  };
}

const refusals: Readonly<Record<Exclude<JudgementProblem, 'Gone'>, string>> = {
  Malformed: 'this push names a ref that cannot be pushed here',
  NamedTwice: 'this push changes one ref twice',
  TooManyRefs: `a push can change ${maxRefsPerPush} refs at most, push them in parts`,
  Busy: 'many refs are being pushed here now, try again later or push them in parts',
  UnknownOldValue: 'this push deletes a ref that is not what it is said to be, fetch first',
  TooManyChanges: `this push changes more than ${maxQuestions} refs that may only move forward, push them in parts`,
};
