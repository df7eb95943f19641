import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * What `git init` writes, and the format of objects and refs. Anything else in a repository's configuration could name
 * a program (`tar.*.command`), another place (`include.path`, `remote.*`) or another repository's objects, and not all
 * of that can be overruled on a command line. Blanks are those of git's own parser, which knows no others.
 */
const harmless =
  /^[ \t]*(?:|[#;].*|\[(?:core|extensions)\]|(?:repositoryformatversion|filemode|bare|ignorecase|precomposeunicode|symlinks|objectformat|refstorage)[ \t]*=[ \t]*[a-z0-9]+)[ \t\r]*$/i;

/** Files through which a repository takes objects, history or settings from elsewhere. */
const redirections = [
  'commondir',
  'config.worktree',
  'info/grafts',
  'objects/info/alternates',
  'objects/info/http-alternates',
];

/** Throws a `ForeignSettings` if this bare repository holds what a session here must not obey. */
export async function checkSettings(repository: string): Promise<void> {
  const lines = (await readFile(join(repository, 'config'), 'utf8')).split('\n');
  const foreign = lines.find((line) => !harmless.test(line));
  if (foreign !== undefined) throw refuse(repository, `its config says ${JSON.stringify(foreign.slice(0, 100))}`);
  for (const file of redirections)
    if (await exists(join(repository, file))) throw refuse(repository, `it holds ${file}`);
}

/** A repository holds settings that were not made here, and that could run programs. For operators. */
class ForeignSettings extends Error {
  override readonly name = 'ForeignSettings';
}

const refuse = (repository: string, finding: string): ForeignSettings =>
  new ForeignSettings(`${repository} is not served: ${finding}, which was not made here; remove it`);

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false;
      throw error;
    },
  );
