import { isObjectName } from '../git/object-name.ts';
import { isPushableRef } from '../git/ref-name.ts';
import { onOneLine } from '../printable.ts';
import { err, ok, type Result } from '../result.ts';

/**
 * What git's hooks and the server that started git say to each other over one inherited descriptor:
 *
 *     pre-receive:   OLD NEW REF            for each ref, as git gave them
 *                    end SECRET
 *     server:        present                any number of questions
 *                    OBJECT                 one or more
 *                    (empty line)
 *     pre-receive:   OBJECT [missing]       for each, in order
 *     server:        ancestor OLD NEW
 *     pre-receive:   yes | no
 *     server:        ok | refused
 *                    a message              for the pusher, any number
 *                    (empty line)
 *     post-receive:  OLD NEW REF            for each ref that git has changed
 *                    end SECRET
 *
 * git hands on the names of refs before it checks them: a pusher can put anything into them, even a newline. So the
 * list ends with a secret that only server and hooks know, and one line that is no update refuses the whole push: a
 * name can add updates to be judged, and never hide one.
 */

/** One ref that a push changes. Object names in hexadecimal; zeros: absent. */
export type RefUpdate = { readonly old: string; readonly new: string; readonly ref: string };

/** Most refs in one push. */
export const maxRefsPerPush = 20_000;

/** Most bytes of their list. */
export const maxListLength = 4 * 1024 * 1024;

/** Bytes of one line: two SHA-256 object names, the longest ref, blanks. */
const maxLineLength = 2048;

/**
 * - `Malformed`: a line that is none of ours.
 * - `NamedTwice`: two changes of one ref, of which no outcome could be told apart.
 * - `TooManyRefs`: more than `maxRefsPerPush`, or longer than `maxListLength`.
 * - `Busy`: there is no room in memory for the list now.
 */
export type HookProblem = 'Malformed' | 'NamedTwice' | 'TooManyRefs' | 'Busy';

/** What a hook said, once a part of the dialogue is complete. */
export type HookStatement =
  | { readonly kind: 'Updates'; readonly updates: readonly RefUpdate[] }
  /** To each question, in order. */
  | { readonly kind: 'Answers'; readonly answers: readonly boolean[] };

interface HookReader {
  /**
   * Takes what the hooks wrote, split anywhere. A problem is final; one of a list is told when the list is complete, so
   * that the hook has written all of it and reads the answer.
   */
  push(chunk: Uint8Array): Result<HookStatement | undefined, HookProblem>;
  /** To be called before so many answers are asked for. */
  expectAnswers(count: number): void;
  /** To be called before the push is accepted: a second list says what landed. */
  expectUpdates(): void;
}

/**
 * Reads the hooks' part, beginning with a list. `secret` ends a list of updates. `reserve` is asked before bytes of the
 * first list are kept; the second, of what landed, is no longer than that, and has to be read in any case.
 */
export function createHookReader(secret: string, reserve: (bytes: number) => boolean): HookReader {
  let state: 'Updates' | 'Answers' | 'Silence' = 'Updates';
  let reserving = true;
  let partialLine = Buffer.alloc(0);
  let bytes = 0;
  let problem: HookProblem | undefined;
  let updates: RefUpdate[] = [];
  let refs = new Set<string>();
  let answers: boolean[] = [];
  let expected = 0;

  function takeUpdate(line: string): HookStatement | undefined {
    if (line === `end ${secret}`) {
      state = 'Silence';
      reserving = false;
      const statement: HookStatement = { kind: 'Updates', updates };
      forgetList();
      return statement;
    }
    const update = parseUpdate(line);
    if (update === undefined) problem ??= 'Malformed';
    else if (refs.has(update.ref)) problem ??= 'NamedTwice';
    else if (updates.length >= maxRefsPerPush) problem ??= 'TooManyRefs';
    else if (problem === undefined) {
      updates.push(update);
      refs.add(update.ref);
    }
    if (problem !== undefined) forgetList();
    return undefined;
  }

  function forgetList(): void {
    updates = [];
    refs = new Set();
  }

  function takeAnswer(line: string): HookStatement | undefined {
    const answer = parseAnswer(line);
    if (answer === undefined) {
      problem = 'Malformed';
      state = 'Silence';
      return undefined;
    }
    answers.push(answer);
    if (answers.length < expected) return undefined;
    state = 'Silence';
    return { kind: 'Answers', answers };
  }

  function takeLine(line: string): HookStatement | undefined {
    if (state === 'Updates') return takeUpdate(line);
    if (state === 'Answers') return takeAnswer(line);
    problem = 'Malformed';
    return undefined;
  }

  return {
    push(chunk) {
      bytes += chunk.length;
      if (bytes > maxListLength) problem ??= 'TooManyRefs';
      else if (reserving && problem === undefined && !reserve(chunk.length)) problem = 'Busy';
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
      if (problem !== undefined && state === 'Silence') return err(problem);
      return ok(statement);
    },
    expectAnswers(count) {
      expected = count;
      answers = [];
      bytes = 0;
      state = 'Answers';
    },
    expectUpdates() {
      forgetList();
      bytes = 0;
      state = 'Updates';
    },
  };
}

function parseUpdate(line: string): RefUpdate | undefined {
  const [old, next, ref, ...others] = line.split(' ');
  if (old === undefined || next === undefined || ref === undefined || others.length > 0) return undefined;
  if (!isObjectName(old) || !isObjectName(next) || old.length !== next.length || !isPushableRef(ref)) return undefined;
  return { old, new: next, ref };
}

function parseAnswer(line: string): boolean | undefined {
  if (line === 'yes' || isObjectName(line)) return true;
  const [name = '', word, ...others] = line.split(' ');
  const isMissing = isObjectName(name) && word === 'missing' && others.length === 0;
  return line === 'no' || isMissing ? false : undefined;
}

/** Asks which of these objects the repository has; at least one. */
export const buildPresenceQuestion = (objects: readonly string[]): string =>
  `present\n${objects.map((name) => `${name}\n`).join('')}\n`;

/** Asks whether this change is a fast-forward. */
export const buildAncestryQuestion = (change: { readonly old: string; readonly new: string }): string =>
  `ancestor ${change.old} ${change.new}\n`;

/** Ends the questions. Each message becomes one line of the pusher's terminal. */
export const buildVerdict = (accepted: boolean, messages: readonly string[]): string =>
  `${accepted ? 'ok' : 'refused'}\n${messages.map((message) => `${asLine(message)}\n`).join('')}\n`;

const asLine = (message: string): string => onOneLine(message) || '?';
