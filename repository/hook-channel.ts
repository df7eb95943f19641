import type { Duplex } from 'node:stream';
import { createHookReader, type HookProblem, type HookStatement, type RefUpdate } from '../core/link/hook-dialogue.ts';
import { err, type Result } from '../core/result.ts';

/** `Gone`: git ended before it had said this. */
export type HookFailure = HookProblem | 'Gone';

/** The descriptor that git's hooks inherit, as questions and answers. One thing is waited for at a time. */
export interface HookChannel {
  /** Which refs are to be changed, and after `accept()`, which were. */
  readUpdates(): Promise<Result<readonly RefUpdate[], HookFailure>>;
  /** Sends a question that has so many answers. */
  ask(question: string, answers: number): Promise<Result<readonly boolean[], HookFailure>>;
  /** Sends a verdict after which the hooks have nothing more to say. */
  refuse(verdict: string): void;
  /** Sends a verdict after which they say what landed. */
  accept(verdict: string): void;
}

type HookChannelOptions = {
  readonly hook: Duplex;
  readonly secret: string;
  /** Asked before bytes of a push's list are kept. */
  readonly reserve: (bytes: number) => boolean;
  /** A hook begins to speak. */
  readonly onFirstWord: () => void;
};

export function createHookChannel({ hook, secret, reserve, onFirstWord }: HookChannelOptions): HookChannel {
  const reader = createHookReader(secret, reserve);
  /** What nobody waited for yet. A problem, and git's end, are the last word and stay. */
  const heard: Result<HookStatement, HookFailure>[] = [];
  let waiting: ((statement: Result<HookStatement, HookFailure>) => void) | undefined;

  function tell(statement: Result<HookStatement, HookFailure>): void {
    if (heard.at(-1)?.ok === false) return;
    if (waiting === undefined || !statement.ok) heard.push(statement);
    waiting?.(statement);
    waiting = undefined;
  }

  function hear(): Promise<Result<HookStatement, HookFailure>> {
    const { promise, resolve } = Promise.withResolvers<Result<HookStatement, HookFailure>>();
    const [next] = heard;
    if (next === undefined) waiting = resolve;
    else resolve(next);
    if (next?.ok) heard.shift();
    return promise;
  }

  function take(chunk: Buffer): void {
    const said = reader.push(chunk);
    if (!said.ok) tell(said);
    else if (said.value !== undefined) tell({ ok: true, value: said.value });
  }

  hook.once('data', onFirstWord);
  hook.on('data', take);
  hook.on('error', () => hook.destroy());
  hook.on('end', () => tell(err('Gone')));
  hook.on('close', () => tell(err('Gone')));

  return {
    async readUpdates() {
      const said = await hear();
      if (!said.ok) return said;
      return said.value.kind === 'Updates' ? { ok: true, value: said.value.updates } : err('Malformed');
    },
    async ask(question, answers) {
      reader.expectAnswers(answers);
      hook.write(question);
      const said = await hear();
      if (!said.ok) return said;
      return said.value.kind === 'Answers' ? { ok: true, value: said.value.answers } : err('Malformed');
    },
    refuse(verdict) {
      hook.off('data', take).resume();
      hook.write(verdict);
    },
    accept(verdict) {
      reader.expectUpdates();
      hook.write(verdict);
    },
  };
}
