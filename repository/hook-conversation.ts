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
  readonly channel: Duplex;
  readonly secret: string;
  readonly permission: Permission;
  /** From the first word of the hook to the verdict. */
  readonly timeLimitMs: number;
  /** Once aborted, every answer is no; the message of its reason says why, for the pusher. */
  readonly cancellation: AbortSignal;
  /** Called before the hook hears the verdict. */
  onJudged(verdict: PushVerdict): void;
  /**
   * The push is refused, whatever it asked for; `total` counts the refs that are known of. After `TooSlow` the hook gets
   * no answer, for it may be waiting for git: it has to be ended.
   */
  onRefused(problem: PushProblem, total: number): void;
  /** What kept the push from being judged: a fault of ours. */
  onFault(cause: unknown): void;
};

export interface HookConversation {
  /** To be called when git is gone: the refs that it said it has changed, undefined if it did not come to say so. */
  readLanded(): Promise<readonly RefUpdate[] | undefined>;
}

/** Answers the hooks of one git. One that runs no hook, as when nothing is pushed, just never asks. */
export function answerHooks(options: HookConversationOptions): HookConversation {
  const { channel, secret, permission, timeLimitMs, cancellation, onJudged, onRefused, onFault } = options;
  const deadline = new AbortController();
  const stop = AbortSignal.any([cancellation, deadline.signal]);
  let updates: readonly RefUpdate[] = [];
  let deadlineTimer: NodeJS.Timeout | undefined;

  const hooks = createHookChannel(channel, secret, () => {
    deadlineTimer = setTimeout(() => {
      deadline.abort();
      onRefused('TooSlow', updates.length);
    }, timeLimitMs);
  });

  function refuse(problem: Exclude<PushProblem, 'TooSlow'>, message: string): void {
    hooks.refuse(buildVerdict(false, [`${message}; nothing of this push was kept`]));
    onRefused(problem, updates.length);
  }

  async function judge(): Promise<void> {
    const list = await hooks.readUpdates();
    updates = list.ok ? list.value : [];
    const verdict = list.ok ? await judgeUpdates(hooks, permission, updates, stop) : list;
    clearTimeout(deadlineTimer);
    // The last look before the answer: nothing may come between the two.
    stop.throwIfAborted();
    if (!verdict.ok) {
      if (verdict.error !== 'Gone') refuse(verdict.error, refusals[verdict.error]);
      return;
    }
    onJudged(verdict.value);
    const { accepted, messages } = verdict.value;
    if (accepted) hooks.accept(buildVerdict(true, messages));
    else hooks.refuse(buildVerdict(false, messages));
  }

  judge().catch((cause: unknown) => {
    clearTimeout(deadlineTimer);
    if (deadline.signal.aborted) return;
    if (cancellation.aborted) {
      refuse('Cancelled', `the session was ended: ${(cancellation.reason as Error).message}`);
      return;
    }
    refuse('Fault', 'the push could not be judged');
    onFault(cause);
  });

  return {
    async readLanded() {
      const landed = await hooks.readUpdates();
      return landed.ok ? landed.value : undefined;
    },
  };
}

const refusals: Readonly<Record<Exclude<JudgementProblem, 'Gone'>, string>> = {
  Malformed: 'this push names a ref that cannot be pushed here',
  NamedTwice: 'this push changes one ref twice',
  TooManyRefs: `a push can change ${maxRefsPerPush} refs at most, push them in parts`,
  UnknownOldValue: 'this push deletes a ref that is not what it is said to be, fetch first',
  TooManyChanges: `this push changes more than ${maxQuestions} refs that may only move forward, push them in parts`,
};
