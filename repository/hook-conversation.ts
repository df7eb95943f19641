import type { Duplex } from 'node:stream';
import type { Permission } from '../core/access/permission.ts';
import {
  buildAncestryQuestion,
  buildVerdict,
  createHookReader,
  type HookProblem,
  type HookStatement,
  maxRefsPerPush,
  type RefUpdate,
} from '../core/link/hook-dialogue.ts';
import type { PushReport } from '../core/link/push-report.ts';
import { judgePush, planQuestions } from './push-verdict.ts';

/** Why a push was refused without a verdict on its refs. */
export type PushProblem = HookProblem | 'Cancelled';

type HookConversation = {
  readonly channel: Duplex;
  readonly secret: string;
  readonly permission: Permission;
  /** Once aborted, every answer is no; the message of its reason says why, for the pusher. */
  readonly cancellation: AbortSignal;
  /** Called before the hook hears the verdict. */
  onJudged(report: PushReport): void;
  onRefused(problem: PushProblem): void;
  /** The push could not be judged: a fault of ours. It is refused. */
  onFault(cause: unknown): void;
};

/** Answers the one hook of a push. A git that runs no hook, as when nothing is pushed, just never asks. */
export function answerHook(conversation: HookConversation): void {
  const { channel, secret, permission, cancellation, onJudged, onRefused, onFault } = conversation;
  const reader = createHookReader(secret);
  let updates: readonly RefUpdate[] = [];
  let questions: readonly RefUpdate[] = [];
  let asked = false;

  function refuse(message: string): void {
    channel.removeAllListeners('data').resume();
    // A hook that was asked nothing yet waits for the end of the questions.
    channel.write((asked ? '' : buildAncestryQuestion([])) + buildVerdict(false, [`${message}; ${nothingKept}`]));
  }

  function fail(cause: unknown): void {
    refuse('the push could not be judged');
    onFault(cause);
  }

  async function takeStatement(statement: HookStatement): Promise<void> {
    if (statement.kind === 'Updates') {
      updates = statement.updates;
      questions = [...(await planQuestions(permission, updates))];
      reader.expectAncestry(questions.length);
      asked = true;
      channel.write(buildAncestryQuestion(questions));
      if (questions.length > 0) return;
    }
    const known = statement.kind === 'Ancestry' ? statement.fastForward : [];
    const fastForwards = new Set(questions.filter((_, index) => known[index]));
    const { report, messages } = await judgePush(permission, updates, fastForwards);
    // The last look before the answer: nothing may come between the two.
    if (cancellation.aborted) {
      refuse(`the session was ended: ${(cancellation.reason as Error).message}`);
      onRefused('Cancelled');
      return;
    }
    onJudged(report);
    channel.write(buildVerdict(report.accepted, messages));
  }

  channel.on('data', (chunk: Buffer) => {
    const said = reader.push(chunk);
    if (!said.ok) {
      refuse(refusals[said.error]);
      onRefused(said.error);
    } else if (said.value !== undefined) takeStatement(said.value).catch(fail);
  });
  // The hook may be gone before its answer: git ended. Without an answer, it refuses.
  channel.on('error', () => channel.destroy());
}

const nothingKept = 'nothing of this push was kept';

const refusals: Readonly<Record<HookProblem, string>> = {
  Malformed: 'this push names a ref that cannot be pushed here',
  TooManyRefs: `a push can change ${maxRefsPerPush} refs at most, push them in parts`,
};
