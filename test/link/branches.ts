import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertGood, createSurroundings, type Surroundings, type SurroundingsOptions, uid } from './surroundings.ts';

export type Branches = Surroundings & {
  readonly bare: string;
  readonly commits: readonly [first: string, second: string];
  refs(): Promise<string>;
};

/** A repository with two branches `a` and `b` at the first of two commits that it has. */
export async function prepare(context: TestContext, options: SurroundingsOptions = {}): Promise<Branches> {
  const world = await createSurroundings(options);
  context.after(() => world.close());
  await world.git('init', '-q', '-b', 'main', 'work');
  for (const message of ['one', 'two']) await world.git('-C', 'work', 'commit', '-q', '--allow-empty', '-m', message);
  const resolve = async (revision: string) => (await world.git('-C', 'work', 'rev-parse', revision)).stdout.trim();
  const branches = ['main', 'main^:refs/heads/a', 'main^:refs/heads/b'];
  assertGood(await world.git('-C', 'work', 'push', '-q', 'maintainer:app', ...branches));
  const bare = join(world.dataDir, 'repositories', uid, 'repository.git');
  return {
    ...world,
    bare,
    commits: [await resolve('main^'), await resolve('main')],
    refs: async () => (await world.git('-C', bare, 'for-each-ref', '--format=%(refname) %(objectname)')).stdout,
  };
}

/** Our hooks, and one of a test in the place of one of them; `ours` in it stands for the folder of ours. */
export async function makeHooks(context: TestContext, name: HookName, script: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hooks-'));
  context.after(() => rm(folder, { recursive: true }));
  await writeHooks(folder, name, script);
  return folder;
}

type HookName = 'pre-receive' | 'post-receive';

/** The same in the folder `hooks` of this folder, which is `here` in the script. */
export async function writeHooks(folder: string, name: HookName, script: string): Promise<void> {
  const hooks = join(folder, 'hooks');
  const ours = fileURLToPath(new URL('../../repository/hooks/', import.meta.url));
  await mkdir(hooks);
  for (const hook of ['pre-receive', 'post-receive']) await copyFile(join(ours, hook), join(hooks, hook));
  await writeFile(join(hooks, name), `#!/bin/sh\nours='${ours}' here='${folder}'\n${script}`);
  await chmod(join(hooks, name), 0o755);
}
