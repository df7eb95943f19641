import { err, ok, type Result } from '../result.ts';

/** In characters; git's longest honest command is a verb and a path of 255. */
const maxLength = 4096;

const expansion = 'a command here is one program and its words: expansion and several commands are not supported';

/** What would end the command or be replaced in a shell. `#` does so only where a word begins. */
const unquotedOperators: ReadonlySet<string> = new Set([';', '&', '|', '<', '>', '(', ')', '$', '`']);

/** What a backslash takes the meaning from within double quotes (XCU 2.2.3); before others it stands for itself. */
const escapableInDoubleQuotes: ReadonlySet<string> = new Set(['$', '`', '"', '\\']);

/**
 * Splits a command into words as a POSIX shell does (XCU 2.2 and 2.3), but never expands: what a shell would replace or
 * take for a second command is refused, except that `~`, `*`, `?`, `[`, `{` and `=` are always themselves.
 * The error is for people and repeats nothing of the command.
 */
export const splitWords = (command: string): Result<readonly string[], string> => {
  if (command.length > maxLength) return err('the command is too long');
  if (/[^\P{Cc}\t]/u.test(command)) return err('the command holds a control character, such as a newline');

  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < command.length; at++) {
    const character = command.charAt(at);
    if (character === ' ' || character === '\t') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "'" || character === '"') {
      const quoted = character === "'" ? readSingleQuoted(command, at) : readDoubleQuoted(command, at);
      if (!quoted.ok) return quoted;
      word = (word ?? '') + quoted.value.text;
      at = quoted.value.closedAt;
    } else if (character === '\\') {
      at++;
      if (at === command.length) return err('the command ends in a backslash');
      word = (word ?? '') + command.charAt(at);
    } else if (unquotedOperators.has(character) || (character === '#' && word === undefined)) {
      return err(expansion);
    } else {
      word = (word ?? '') + character;
    }
  }
  if (word !== undefined) words.push(word);
  return ok(words);
};

/** The text between quotes, and where the closing one stands. */
type Quoted = { readonly text: string; readonly closedAt: number };

const readSingleQuoted = (command: string, openedAt: number): Result<Quoted, string> => {
  const closedAt = command.indexOf("'", openedAt + 1);
  if (closedAt === -1) return err("a ' is never closed");
  return ok({ text: command.slice(openedAt + 1, closedAt), closedAt });
};

const readDoubleQuoted = (command: string, openedAt: number): Result<Quoted, string> => {
  let text = '';
  for (let at = openedAt + 1; at < command.length; at++) {
    const character = command.charAt(at);
    if (character === '"') return ok({ text, closedAt: at });
    if (character === '$' || character === '`') return err(expansion);
    if (character === '\\' && escapableInDoubleQuotes.has(command.charAt(at + 1))) at++;
    text += command.charAt(at);
  }
  return err('a " is never closed');
};
