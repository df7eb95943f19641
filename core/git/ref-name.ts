/** In bytes of UTF-8. git's own bound is that of a file's name; ours also bounds what a hook's list costs. */
const maxLength = 1024;

/**
 * What git-check-ref-format(1) forbids anywhere in a name: control characters, blank, `~^:?*[\`, `..`, `@{`, `//`, a
 * dot where a part begins, `.lock` where one ends, and a slash or a dot at the end. And U+FFFD, which stands for bytes
 * that were not UTF-8: several refs would have that same name.
 */
export const forbiddenInRefName = /[\0- \x7f~^:?*[\\\uFFFD]|\.\.|@\{|\/\/|\/\.|\.lock(?:\/|$)|[/.]$/;

/** In bytes: a part is a file's name, and git adds `.lock` to it. */
const maxPartLength = 250;

/** Whether this is a ref's full name, as a push names it: `refs/` and all that git-check-ref-format(1) asks for. */
export const isValidRefName = (ref: string): boolean =>
  ref.startsWith('refs/') && ref.isWellFormed() && Buffer.byteLength(ref) <= maxLength && !forbiddenInRefName.test(ref);

/**
 * Refs that change what others see under other names (`refs/replace/`), that git keeps for itself, or that make short
 * names ambiguous. They are not for pushing.
 */
const notServed =
  /^refs\/(?:replace|worktree|bisect|rewritten)\/|^refs\/(?:heads|tags)\/(?:HEAD$|refs\/)|^refs\/[^/]*$/;

/** Whether a push may name this ref at all; what it may do to it is for the rules to say. */
export const isPushableRef = (ref: string): boolean =>
  isValidRefName(ref) &&
  !notServed.test(ref) &&
  ref.split('/').every((part) => Buffer.byteLength(part) <= maxPartLength);

/**
 * Whether `refs/heads/NAME` is a branch that git makes (git-check-ref-format(1), `--branch`): not `HEAD`, `@` or an
 * option. Names that begin with `refs/` are refused too: somebody gave a full name where a short one is meant.
 */
export const isValidBranchName = (name: string): boolean =>
  name !== '' && name !== 'HEAD' && name !== '@' && !/^(?:-|refs\/)/.test(name) && isValidRefName(`refs/heads/${name}`);
