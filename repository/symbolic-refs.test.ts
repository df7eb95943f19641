import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { plainEnvironment } from './git-environment.ts';
import { refuseSymbolicRefs } from './symbolic-refs.ts';

/** A repository with a branch `main`; `git` runs in it. */
async function prepare(context: TestContext) {
  const repository = await mkdtemp(join(tmpdir(), 'symbolic-'));
  context.after(() => rm(repository, { recursive: true }));
  const env = { ...plainEnvironment, GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.com' };
  const git = (...words: string[]): string =>
    execFileSync('git', ['-C', repository, ...words], { encoding: 'utf8', input: '', env }).trim();
  git('init', '--quiet', '--bare', '--initial-branch=main');
  git('config', 'user.name', 'a');
  git('config', 'user.email', 'a@example.com');
  git('update-ref', 'refs/heads/main', git('commit-tree', git('mktree'), '-m', 'one'));
  const check = (): Promise<void> => refuseSymbolicRefs(repository, { git: 'git', environment: plainEnvironment });
  return { repository, git, check };
}

test('refs that stand for themselves are served, packed or not', async (context) => {
  const { git, check } = await prepare(context);
  await check();
  git('pack-refs', '--all');
  git('update-ref', 'refs/tags/v1', 'refs/heads/main');
  await check();
});

for (const [name, target] of [
  ['another branch', 'refs/heads/main'],
  ['a branch that is not there', 'refs/heads/absent'],
] as const)
  test(`a ref that stands for ${name} is found, and what to do is told`, async (context) => {
    const { git, check } = await prepare(context);
    git('symbolic-ref', 'refs/heads/master', target);
    await assert.rejects(check(), /refs\/heads\/master is a symbolic ref; remove it with git symbolic-ref --delete$/);
    git('symbolic-ref', '--delete', 'refs/heads/master');
    await check();
  });

test('so is a link', async (context) => {
  const { repository, check } = await prepare(context);
  await symlink('main', join(repository, 'refs/heads/master'));
  await assert.rejects(check(), /refs\/heads\/master is a symbolic ref/);
});
