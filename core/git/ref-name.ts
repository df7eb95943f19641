/** In bytes of UTF-8. git's own bound is that of a file's name; ours also bounds what a hook's question costs. */
const maximumLength = 1024;

/**
 * What git-check-ref-format(1) forbids anywhere in a name: control characters, blank, `~^:?*[\`, `..`, `@{`, `//`, a
 * dot where a part begins, `.lock` where one ends, and a slash or a dot at the end. And U+FFFD, which stands for bytes
 * that were not UTF-8: several refs would have that same name.
 */
const forbidden = /[\0- \x7f~^:?*[\\\uFFFD]|\.\.|@\{|\/\/|\/\.|\.lock(?:\/|$)|[/.]$/;

/** Whether this is a ref's full name, as a push names it: `refs/` and all that git-check-ref-format(1) asks for. */
export const isValidRefName = (ref: string): boolean =>
  ref.startsWith('refs/') && ref.isWellFormed() && Buffer.byteLength(ref) <= maximumLength && !forbidden.test(ref);

/**
 * Whether `refs/heads/NAME` is a branch that git makes (git-check-ref-format(1), `--branch`): not `HEAD`, `@` or an
 * option. Names that begin with `refs/` are refused too: somebody gave a full name where a short one is meant.
 */
export const isValidBranchName = (name: string): boolean =>
  name !== '' && name !== 'HEAD' && name !== '@' && !/^(?:-|refs\/)/.test(name) && isValidRefName(`refs/heads/${name}`);
