import { err, ok, type Result } from '../result.ts';

/** In bytes, which are characters here. */
export const maxPathLength = 255;

/**
 * The characters of a repository's path: segments of ASCII letters, digits, `_`, `.` and `-`, each beginning with a
 * letter, a digit or `_`, joined by `/`. So no path is absolute, hidden, an option, or leads upwards, and none looks
 * like another one. Means the same in JavaScript, RE2 and CEL.
 */
export const repositoryPathPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]*(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/;

/**
 * The grammar of `Repository.spec.path`: `repositoryPathPattern`, at most 255 bytes, no segment that ends in `.git`
 * (`normalizePath` strips one, so such a path could not be named) or `.lock` (git refuses it in the names of refs, and
 * keeps its locks so).
 */
export const isValidRepositoryPath = (path: string): boolean => explainInvalidPath(path) === undefined;

/**
 * From the path in a client's command to the one that a Repository has: leading and trailing slashes and one `.git` are
 * stripped (scp form gives `a/b.git`, `ssh://` gives `/a/b.git`). What comes out is a valid path of a Repository. The
 * error is for people and repeats nothing of the path.
 */
export const normalizePath = (raw: string): Result<string, string> => {
  // So that what follows, and its messages, is about few characters. 16: more slashes than any client adds.
  if (raw.length > maxPathLength + '.git'.length + 16) return err(tooLong);
  const path = raw
    .replace(/^\/+/, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
  const problem = explainInvalidPath(path);
  return problem === undefined ? ok(path) : err(problem);
};

const tooLong = `the path of a repository has at most ${maxPathLength} bytes`;

const explainInvalidPath = (path: string): string | undefined => {
  if (path.length > maxPathLength) return tooLong;
  if (path === '') return 'the path of the repository is missing: use NAMESPACE/NAME';
  if (path.startsWith('~')) return 'home directories (~) do not exist here: use NAMESPACE/NAME';
  if (path.includes('\\')) return 'a path is written with /, not with a backslash';
  if (/[^A-Za-z0-9_./-]/.test(path)) return 'a path is made of ASCII letters, digits, "_", ".", "-" and "/" only';
  for (const segment of path.split('/')) {
    if (segment === '') return 'a path has no empty part: write one / between two parts';
    if (segment === '.' || segment === '..') return 'a path has no "." and no ".." in it: write the whole path';
    if (segment.startsWith('.') || segment.startsWith('-')) return 'no part of a path begins with "." or "-"';
    if (segment.endsWith('.git') || segment.endsWith('.lock')) return 'no part of a path ends in ".git" or ".lock"';
  }
  return undefined;
};
