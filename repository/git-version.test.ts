import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkGitVersion } from './git-version.ts';

const environment = { PATH: '/usr/local/bin:/usr/bin:/bin' };

test('the git of this machine will do', async () => {
  assert.match(await checkGitVersion('git', environment), /^\d+\.\d+/);
});

for (const [answer, expected] of [
  ['git version 2.36.0', '2.36.0'],
  ['git version 2.50.1 (Apple Git-155)', '2.50.1'],
  ['git version 3.0', '3.0'],
  ['git version 2.35.8', { code: 'GIT_NOT_USABLE', message: 'git 2.35.8 is too old; install git 2.36 or newer' }],
  ['git version 1.99.0', /^StartupError: git 1.99.0 is too old/],
  ['hello', /^StartupError: .* is not git: it answers "hello"/],
  ['', /^StartupError: .* is not git/],
] as const)
  test(`a git that answers "${answer}"`, async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'git-'));
    context.after(() => rm(folder, { recursive: true }));
    const git = join(folder, 'git');
    await writeFile(git, `#!/bin/sh\necho '${answer}'\n`);
    await chmod(git, 0o755);
    if (typeof expected === 'string') assert.equal(await checkGitVersion(git, environment), expected);
    else await assert.rejects(checkGitVersion(git, environment), expected);
  });

test('no git', async () => {
  await assert.rejects(checkGitVersion('/nonexistent/git', environment), /^StartupError: git cannot be run/);
});
