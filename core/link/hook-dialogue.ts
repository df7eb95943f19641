import { isObjectName } from '../git/object-name.ts';
import { isPushableRef } from '../git/ref-name.ts';
import { err, ok, type Result } from '../result.ts';

/**
 * What the `pre-receive` hook and its server say to each other over one inherited descriptor:
 *
 *     hook:    OLD NEW REF            for each ref, as git gave them
 *              end SECRET
 *     server:  OLD NEW                for each change whose verdict hangs on its being a fast-forward
 *              (empty line)
 *     hook:    update | rewind        for each of these, in order
 *     server:  ok | refused
 *              a message              for the pusher, any number
 *              (empty line)
 *
 * git hands on the names of refs before it checks them: a pusher can put anything into them, even a newline. So the
 * list ends with a secret that only server and hook know, and one line that is no update refuses the whole push: a name
 * can add updates to be judged, and never hide one.
 */

/** One ref that a push changes. Object names in hexadecimal; zeros: absent. */
export type RefUpdate = { readonly old: string; readonly new: string; readonly ref: string };

/** Most refs in one push. */
export const maxRefsPerPush = 100_000;

/** Most bytes of their list. */
export const maxListLength = 32 * 1024 * 1024;

/** Bytes of one line: two SHA-256 object names, the longest ref, blanks. */
const maxLineLength = 2048;

/**
 * - `Malformed`: a line that is none of ours.
 * - `TooManyRefs`: more than `maxRefsPerPush`, or longer than `maxListLength`.
 */
export type HookProblem = 'Malformed' | 'TooManyRefs';

/** What the hook said, once a part of the dialogue is complete. */
export type HookStatement =
  | { readonly kind: 'Updates'; readonly updates: readonly RefUpdate[] }
  /** For each change that was asked for, in order: whether it is a fast-forward. */
  | { readonly kind: 'Ancestry'; readonly fastForward: readonly boolean[] };

interface HookReader {
  /**
   * Takes what the hook wrote, split anywhere. A problem is final; one of a list is told when the list is complete, so
   * that the hook has written all of it and reads the answer.
   */
  push(chunk: Uint8Array): Result<HookStatement | undefined, HookProblem>;
  /** After `Updates`: how many answers come. With 0, the hook has nothing more to say. */
  expectAncestry(count: number): void;
}

/** Reads one hook's part. `secret` ends the list of updates. */
export function createHookReader(secret: string): HookReader {
  let state: 'Updates' | 'Ancestry' | 'Done' = 'Updates';
  let partialLine = Buffer.alloc(0);
  let bytes = 0;
  let problem: HookProblem | undefined;
  let updates: RefUpdate[] = [];
  let fastForward: boolean[] = [];
  let expected = 0;

  function takeUpdate(line: string): HookStatement | undefined {
    if (line === `end ${secret}`) {
      state = 'Done';
      return { kind: 'Updates', updates };
    }
    const update = parseUpdate(line);
    if (update === undefined) problem ??= 'Malformed';
    else if (updates.length >= maxRefsPerPush) problem ??= 'TooManyRefs';
    else if (problem === undefined) updates.push(update);
    if (problem !== undefined) updates = [];
    return undefined;
  }

  function takeAnswer(line: string): HookStatement | undefined {
    if (line !== 'update' && line !== 'rewind') {
      problem = 'Malformed';
      state = 'Done';
      return undefined;
    }
    fastForward.push(line === 'update');
    if (fastForward.length < expected) return undefined;
    state = 'Done';
    return { kind: 'Ancestry', fastForward };
  }

  function takeLine(line: string): HookStatement | undefined {
    if (state === 'Updates') return takeUpdate(line);
    if (state === 'Ancestry') return takeAnswer(line);
    problem = 'Malformed';
    return undefined;
  }

  return {
    push(chunk) {
      bytes += chunk.length;
      if (bytes > maxListLength) problem ??= 'TooManyRefs';
      let statement: HookStatement | undefined;
      let rest = partialLine.length === 0 ? Buffer.from(chunk) : Buffer.concat([partialLine, chunk]);
      for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
        statement = takeLine(rest.toString('utf8', 0, end)) ?? statement;
        rest = rest.subarray(end + 1);
      }
      if (rest.length > maxLineLength) {
        // Only the end of an endless line is kept: `end SECRET` must still be found after it.
        problem ??= 'Malformed';
        rest = rest.subarray(rest.length - maxLineLength);
      }
      partialLine = Buffer.from(rest);
      if (problem !== undefined && state === 'Done') return err(problem);
      return ok(statement);
    },
    expectAncestry(count) {
      expected = count;
      fastForward = [];
      state = count === 0 ? 'Done' : 'Ancestry';
    },
  };
}

function parseUpdate(line: string): RefUpdate | undefined {
  const [old, next, ref, ...others] = line.split(' ');
  if (old === undefined || next === undefined || ref === undefined || others.length > 0) return undefined;
  if (!isObjectName(old) || !isObjectName(next) || old.length !== next.length || !isPushableRef(ref)) return undefined;
  return { old, new: next, ref };
}

/** Asks which of these changes are fast-forwards. */
export const buildAncestryQuestion = (changes: readonly RefUpdate[]): string =>
  `${changes.map((change) => `${change.old} ${change.new}\n`).join('')}\n`;

/** Ends the dialogue. Each message becomes one line of the pusher's terminal. */
export const buildVerdict = (accepted: boolean, messages: readonly string[]): string =>
  `${accepted ? 'ok' : 'refused'}\n${messages.map((message) => `${asLine(message)}\n`).join('')}\n`;

const asLine = (message: string): string => message.replace(/\p{Cc}/gu, '?') || '?';
