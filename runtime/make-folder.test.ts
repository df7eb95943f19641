import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder } from './make-folder.ts';

test('a folder is made with those above it, for its owner alone, and what stands in its way is told', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'make-'));
  context.after(() => rm(folder, { recursive: true }));
  await makeFolder(join(folder, 'a', 'b', 'c'));
  await makeFolder(join(folder, 'a', 'b', 'c'));
  for (const name of ['a', 'a/b', 'a/b/c']) assert.equal((await stat(join(folder, name))).mode & 0o777, 0o700);

  await writeFile(join(folder, 'file'), '');
  await symlink('nowhere', join(folder, 'link'));
  await assert.rejects(makeFolder(join(folder, 'file')), { code: 'EEXIST' });
  await assert.rejects(makeFolder(join(folder, 'file', 'below')), { code: 'ENOTDIR' });
  await assert.rejects(makeFolder(join(folder, 'link', 'below')), { code: 'ENOENT' });
});
