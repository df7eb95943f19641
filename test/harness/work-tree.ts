import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gitEnvironment } from './client.ts';
import { must, type Outcome } from './run.ts';

/** A local repository of a test, and git in it, without any way to a server. */
export type WorkTree = {
  readonly folder: string;
  git(...args: readonly string[]): Promise<Outcome>;
  /** Commits a file that is new, and gives the commit's name. */
  commit(file?: string, text?: string): Promise<string>;
  /** The object name that a revision stands for. */
  resolve(revision: string): Promise<string>;
  /** Feeds git-fast-import. */
  import(stream: string | Buffer): Promise<void>;
};

let serial = 0;

/** Makes an empty repository on branch `main` below `home`, or wraps one that a clone made. */
export async function makeWorkTree(home: string, existing?: string): Promise<WorkTree> {
  const folder = existing ?? join(home, `tree-${++serial}`);
  mkdirSync(folder, { recursive: true });
  const gitWith = (input: string | Buffer, args: readonly string[]): Promise<Outcome> =>
    must('git', ['-C', folder, ...args], { env: gitEnvironment, input });
  const git = (...args: readonly string[]): Promise<Outcome> => gitWith('', args);
  if (existing === undefined) await git('init', '--quiet', '--initial-branch=main');
  const resolve = async (revision: string): Promise<string> =>
    (await git('rev-parse', '--verify', revision)).stdout.trim();
  return {
    folder,
    git,
    resolve,
    async commit(file = `file-${++serial}`, text = `${file}\n`) {
      writeFileSync(join(folder, file), text);
      await git('add', '--', file);
      await git('commit', '--quiet', '--message', `Write ${file}`);
      return resolve('HEAD');
    },
    async import(stream) {
      await gitWith(stream, ['-c', 'core.compression=0', 'fast-import', '--quiet', '--force']);
    },
  };
}

const person = 'Test <test@example.com>';

/** For `import`: one commit on `branch` with a file of so many MiB that no program can compress. */
export function randomFile(branch: string, mebibytes: number): Buffer {
  const bytes = randomBytes(mebibytes * 2 ** 20);
  const head = `commit refs/heads/${branch}\ncommitter ${person} 1700000000 +0000\ndata 4\nbig\n`;
  return Buffer.concat([Buffer.from(`${head}M 100644 inline big\ndata ${bytes.length}\n`), bytes, Buffer.from('\n')]);
}

/** For `import`: a straight line of so many commits without files on `branch`, which begins with a commit of its own. */
export function longHistory(branch: string, commits: number): string {
  const ref = `refs/heads/${branch}`;
  const lines = Array.from(
    { length: commits },
    (_, index) => `commit ${ref}\ncommitter ${person} ${1_700_000_000 + index} +0000\ndata 2\n.\n`,
  );
  return `reset ${ref}\n${lines.join('')}`;
}
