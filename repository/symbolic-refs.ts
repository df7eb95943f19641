import { execFile } from 'node:child_process';
import type { Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';

type GitOptions = { readonly git: string; readonly environment: Readonly<Record<string, string>> };

/** Files that are open at once. */
const maxOpen = 64;

/** Bytes of git's answer: one for each ref that is none. */
const maxAnswer = 64 * 1024 * 1024;

/**
 * Throws if a ref below `refs/` of this bare repository stands for another: a push to it would be judged by its name, and
 * change the other. No push makes one, but a repository that was copied here may have it.
 */
export async function refuseSymbolicRefs(repository: string, options: GitOptions): Promise<void> {
  const ref = (await findByGit(repository, options)) ?? (await findFile(join(repository, 'refs')));
  if (ref === undefined) return;
  throw new Error(`${repository} is not served: ${ref} is a symbolic ref; remove it with git symbolic-ref --delete`);
}

/** Whatever git keeps refs in, but not those that lead to a ref which does not exist. */
async function findByGit(repository: string, { git, environment }: GitOptions): Promise<string | undefined> {
  const format = '--format=%(if)%(symref)%(then)%(refname)%(end)';
  const { stdout } = await promisify(execFile)(git, ['--git-dir', repository, 'for-each-ref', format], {
    env: environment,
    cwd: '/',
    maxBuffer: maxAnswer,
    timeout: 60_000,
  });
  return stdout.split('\n').find((line) => line !== '');
}

/** Those too: a symbolic ref is a file of its own, or, as git once made them, a link. */
async function findFile(folder: string): Promise<string | undefined> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const link = entries.find((entry) => entry.isSymbolicLink());
  const files = entries.filter((entry) => entry.isFile());
  const nameOf = ({ parentPath, name }: Dirent): string => relative(join(folder, '..'), join(parentPath, name));
  if (link !== undefined) return nameOf(link);
  for (let start = 0; start < files.length; start += maxOpen) {
    const batch = files.slice(start, start + maxOpen);
    const contents = await Promise.all(batch.map((file) => read(join(file.parentPath, file.name))));
    const symbolic = batch.find((_, index) => contents[index]?.startsWith('ref:'));
    if (symbolic !== undefined) return nameOf(symbolic);
  }
  return undefined;
}

/** Empty if it is gone meanwhile: somebody packs the refs. */
const read = (file: string): Promise<string> =>
  readFile(file, 'latin1').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
