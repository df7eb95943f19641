import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, test } from 'node:test';
import { checkSettings } from './foreign-settings.ts';

let repository: string;
beforeEach(async (context) => {
  repository = await mkdtemp(join(tmpdir(), 'settings-'));
  await mkdir(join(repository, 'objects/info'), { recursive: true });
  await mkdir(join(repository, 'info'));
  await writeFile(join(repository, 'config'), '');
  assert.ok('after' in context);
  context.after(() => rm(repository, { recursive: true }));
});

const harmless = [
  '',
  '# a comment',
  '\t; another = "one" \\',
  '[core]',
  '[CORE]',
  '[extensions]',
  '\trepositoryformatversion = 0',
  '\tbare = true',
  'bare=true',
  '\tobjectformat = sha256',
  '\trefstorage = reftable',
  '\tignorecase = true\r',
];

const foreign = [
  // Programs.
  '\tfsmonitor = touch x',
  '\thooksPath = .',
  '\tsshCommand = true',
  '[tar "tgz"]',
  '\tcommand = true',
  '[uploadpack]',
  '\tpackObjectsHook = true',
  // Other places.
  '[include]',
  '[includeIf "gitdir:/"]',
  '\tpath = x',
  '[remote "origin"]',
  '\tpartialclone = origin',
  '\tworktree = x',
  '\tworktreeconfig = true',
  // What would hide one in a line that looks harmless.
  '[core] fsmonitor = true',
  '[core]fsmonitor=true',
  '[core "sub"]',
  '[core.sub]',
  '[core',
  'bare = true # fsmonitor',
  'bare = true \\',
  'bare = "true"',
  'bare = tr/ue',
  'bare = true false',
  'bare =',
  'bare',
  'bare = true[tar "x"]',
  'notbare = true',
  'bare = true\rfsmonitor = x',
  'bare = true\u2028',
  'bare = tr\u0000ue',
];

describe('a config with the line', () => {
  for (const line of harmless)
    test(`${JSON.stringify(line)} is served`, async () => {
      await writeFile(join(repository, 'config'), `[core]\n${line}\n\tbare = true\n`);
      await checkSettings(repository);
    });

  for (const line of foreign)
    test(`${JSON.stringify(line)} is not`, async () => {
      await writeFile(join(repository, 'config'), `[core]\n${line}\n\tbare = true\n`);
      await assert.rejects(checkSettings(repository), { name: 'ForeignSettings' });
    });
});

for (const file of [
  'commondir',
  'config.worktree',
  'info/grafts',
  'objects/info/alternates',
  'objects/info/http-alternates',
])
  test(`a repository with ${file} is not served, not even as a link to nothing`, async () => {
    await symlink('nowhere', join(repository, file));
    await assert.rejects(checkSettings(repository), new RegExp(`ForeignSettings: .*it holds ${file}`));
  });

for (const format of ['sha1', 'sha256'])
  test(`what git itself makes is served: ${format}`, async () => {
    const made = join(repository, 'made.git');
    execFileSync('git', ['init', '--quiet', '--bare', '--template=', `--object-format=${format}`, made]);
    await checkSettings(made);
  });

test('a config that cannot be read is no empty one', async () => {
  await rm(join(repository, 'config'));
  await assert.rejects(checkSettings(repository), { code: 'ENOENT' });
});
