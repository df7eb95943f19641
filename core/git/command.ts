import { err, ok, type Result } from '../result.ts';
import { normalizePath } from './repository-path.ts';
import { splitWords } from './words.ts';

/** What git runs on the far side: for a fetch, a push, and `git archive --remote`. */
export type GitVerb = 'upload-pack' | 'receive-pack' | 'upload-archive';

export type GitCommand = {
  readonly verb: GitVerb;
  /** Normalised, and valid as `isValidRepositoryPath` says. */
  readonly path: string;
};

/**
 * Why a command is not run.
 * - `Unsupported`: a program that nobody may run here.
 * - `Malformed`: not a command of one program and its words, or other words than git's.
 * - `BadPath`: no repository can have this path.
 */
export type CommandProblem = {
  readonly kind: 'Unsupported' | 'Malformed' | 'BadPath';
  /** For the user: what is wrong and what to do. Printable. */
  readonly message: string;
  /** 128 as git's own fatal errors; 127 as a shell that does not find the program. */
  readonly exitStatus: 128 | 127;
};

const verbs: ReadonlyMap<string, GitVerb> = new Map([
  ['git-upload-pack', 'upload-pack'],
  ['git-receive-pack', 'receive-pack'],
  ['git-upload-archive', 'upload-archive'],
]);

const lfsPrograms: ReadonlySet<string> = new Set(['git-lfs-authenticate', 'git-lfs-transfer']);

const whatRuns = 'this server runs git-upload-pack, git-receive-pack and git-upload-archive, each with one path';

/**
 * Reads the command of an SSH `exec` request against the list of the three that are served, in both spellings:
 * `git-upload-pack 'a/b.git'` and `git upload-pack a/b` (any blanks). Nothing else is ever run.
 * @param raw the command as UTF-8; what was not UTF-8 became U+FFFD and is refused.
 */
export const parseCommand = (raw: string): Result<GitCommand, CommandProblem> => {
  const words = splitWords(raw);
  if (!words.ok) return refuse('Malformed', words.error);
  const { program, operands } = splitProgram(words.value);
  if (program === undefined) return refuse('Malformed', `the command is empty; ${whatRuns}`);
  if (lfsPrograms.has(program)) return err(lfsProblem);
  const verb = verbs.get(program);
  if (verb === undefined) return refuse('Unsupported', `${display(program)} is not available; ${whatRuns}`);

  const [rawPath, ...others] = operands;
  if (operands.some((operand) => operand.startsWith('-'))) {
    return refuse('Malformed', `${program} takes no options here; give the path of the repository alone`);
  }
  if (rawPath === undefined) return refuse('Malformed', `${program} needs the path of a repository: NAMESPACE/NAME`);
  if (others.length > 0) return refuse('Malformed', `${program} takes one path; one with blanks must be quoted`);
  const path = normalizePath(rawPath);
  return path.ok ? ok({ verb, path: path.value }) : refuse('BadPath', path.error);
};

/** `git upload-pack X` is `git-upload-pack X` (git-shell(1)); a bare `git` stays as it is. */
const splitProgram = (words: readonly string[]): { program: string | undefined; operands: readonly string[] } => {
  const [first, second, ...others] = words;
  if (first === 'git' && second !== undefined) return { program: `git-${second}`, operands: others };
  return { program: first, operands: words.slice(1) };
};

/** git-lfs falls back to HTTPS only if the program is not found. */
const lfsProblem: CommandProblem = {
  kind: 'Unsupported',
  message: 'Git LFS is not served over SSH; git-lfs should use HTTPS (set lfs.url)',
  exitStatus: 127,
};

const refuse = (kind: CommandProblem['kind'], message: string) => err({ kind, message, exitStatus: 128 } as const);

/** A program's name, if it can go to a terminal and a log as it is. */
const display = (program: string): string => (/^[A-Za-z0-9_./+-]{1,64}$/.test(program) ? program : 'this program');
