import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { loadConfig } from '../runtime/config/load-config.ts';
import { StartupError } from '../runtime/startup-error.ts';
import { createLogLines } from '../runtime/testing/log-lines.ts';
import { openManifestIndex } from './manifest-index.ts';
import { createFolder, user } from './manifests/test-folder.ts';

type Line = { readonly msg: string; readonly effect?: string; readonly problem?: object; readonly folder?: string };

/** Opens the folder, and gives what was logged. */
async function open(folder: string): Promise<readonly Line[]> {
  const argv = ['--manifests', folder];
  const loaded = loadConfig({ accepted: { options: ['manifests'] }, argv, environment: {} });
  assert.ok(loaded.ok && loaded.value !== 'help');
  const { log, lines } = createLogLines<Line>();
  await openManifestIndex(loaded.value.config, log.logger, new Registry());
  return lines;
}

test('a folder without manifests is a warning, with the names that are read', async (context) => {
  const { root, write } = await createFolder(context);
  await write('alice.txt', user('alice'));
  const lines = await open(root);
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ['manifests are in force', 'there are no manifests'],
  );
  assert.equal(lines[1]?.folder, root);
  assert.match(JSON.stringify(lines[1]), /end in \.yaml, \.yml or \.json/);
});

test('the log says that a refused object is out of service, and where the mistake is', async (context) => {
  const { root, write } = await createFolder(context);
  await write('a.yaml', user('alice', '{suspendd: true}'));
  const [line] = await open(root);
  assert.equal(line?.msg, 'problem in the manifests');
  assert.equal(line?.effect, 'the object is out of service until it is repaired');
  assert.deepEqual(line?.problem, {
    kind: 'Invalid',
    file: join(root, 'a.yaml'),
    line: 4,
    object: 'GitUser default/alice',
    objectLine: 1,
    message: 'spec.suspendd: unknown field; did you mean suspended?',
  });
});

test('a folder that cannot be read ends the start, with one word on why', async (context) => {
  const { root } = await createFolder(context);
  const folder = join(root, 'none');
  const message = `the manifests in ${folder} cannot be read: no such file or folder`;
  await assert.rejects(open(folder), (error) => error instanceof StartupError && error.message === message);
});
