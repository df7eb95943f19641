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

export type HookConversation = {
  readonly channel: Duplex;
  readonly secret: string;
  readonly permission: Permission;
  /** Once aborted, every answer is no. */
  readonly revoked: AbortSignal;
  /** Called before the hook hears the verdict. */
  onJudged(report: PushReport): void;
  onRefused(problem: HookProblem | 'Revoked'): void;
};

/** Answers the one hook of a push. A git that runs no hook, as when nothing is pushed, just never asks. */
export function answerHook({ channel, secret, permission, revoked, onJudged, onRefused }: HookConversation): void {
  const reader = createHookReader(secret);
  let updates: readonly RefUpdate[] = [];
  let questions: readonly RefUpdate[] = [];
  let asked = false;

  function refuse(problem: HookProblem | 'Revoked'): void {
    channel.removeAllListeners('data').resume();
    // A hook that was asked nothing yet waits for the end of the questions.
    channel.write((asked ? '' : buildAncestryQuestion([])) + buildVerdict(false, [refusals[problem]]));
    onRefused(problem);
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
    if (revoked.aborted) return refuse('Revoked');
    onJudged(report);
    channel.write(buildVerdict(report.accepted, messages));
  }

  channel.on('data', (chunk: Buffer) => {
    const said = reader.push(chunk);
    if (!said.ok) refuse(said.error);
    else if (said.value !== undefined) takeStatement(said.value).catch(() => channel.destroy());
  });
  // The hook may be gone before its answer: git ended. Without an answer, it refuses.
  channel.on('error', () => channel.destroy());
}

const refusals: Readonly<Record<HookProblem | 'Revoked', string>> = {
  Malformed: 'this push names a ref that git does not allow; nothing of it was kept',
  TooManyRefs: `a push can change ${maxRefsPerPush} refs at most; nothing of it was kept, push them in parts`,
  Revoked: 'your access was taken back while you pushed; nothing of this push was kept',
};
