import assert from 'node:assert/strict';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';
import { derivedUid } from '../core/api/derived-uid.ts';
import type { RepositoryServerEvent } from './events.ts';
import { buildGitEnvironment } from './git-environment.ts';
import { createRepositoryStore } from './repository-store.ts';

const order = {
  namespace: 'team-a',
  name: 'app',
  uid: derivedUid('Repository', { namespace: 'team-a', name: 'app' }),
  path: 'team-a/app',
  defaultBranch: 'main',
  description: 'An app',
};

let dataDir: string;
let events: RepositoryServerEvent[];
const createStore = () =>
  createRepositoryStore({
    dataDir,
    git: 'git',
    environment: buildGitEnvironment(dataDir),
    onEvent: (event) => void events.push(event),
  });

beforeEach(async (context) => {
  dataDir = await mkdtemp(join(tmpdir(), 'store-'));
  events = [];
  assert.ok('after' in context);
  context.after(() => rm(dataDir, { recursive: true }));
});

test('many at once make one repository, and nothing else', async () => {
  const store = await createStore();
  const other = await createStore();
  const paths = await Promise.all([...Array(10)].flatMap(() => [store.prepare(order), other.prepare(order)]));
  assert.equal(new Set(paths).size, 1);
  assert.deepEqual(await readdir(join(dataDir, 'repositories')), [order.uid]);
  assert.equal(await readFile(join(paths[0] ?? '', 'description'), 'utf8'), 'An app\n');
  assert.deepEqual(await readdir(join(paths[0] ?? '', 'refs')), ['heads', 'tags']);
});

test('a changed Repository is followed, and its data stays', async () => {
  const store = await createStore();
  const path = await store.prepare(order);
  await writeFile(join(path, 'refs/heads/kept'), '');
  await store.prepare({ ...order, name: 'renamed', defaultBranch: 'trunk', description: 'Other' });
  assert.equal(await readFile(join(path, 'HEAD'), 'utf8'), 'ref: refs/heads/trunk\n');
  assert.equal(await readFile(join(path, 'description'), 'utf8'), 'Other\n');
  assert.match(await readFile(join(path, '..', 'owner.json'), 'utf8'), /"name": "renamed"/);
  assert.deepEqual(await readdir(join(path, 'refs/heads')), ['kept']);
});

test('what a killed git left is removed once, before the first session', async () => {
  const path = await (await createStore()).prepare(order);
  await mkdir(join(path, 'objects/tmp_objdir-incoming-x'));
  await mkdir(join(path, 'refs/heads/deep'));
  for (const file of ['HEAD.lock', 'packed-refs.lock', 'refs/heads/deep/a.lock', 'objects/pack/tmp_pack_x'])
    await writeFile(join(path, file), '');
  const store = await createStore();
  await store.prepare(order);
  assert.deepEqual(events.at(-1), { type: 'StaleFilesRemoved', uid: order.uid, files: 5 });
  await writeFile(join(path, 'HEAD.lock'), '');
  await store.prepare({ ...order, description: 'Other' });
  assert.equal((await readdir(path)).includes('HEAD.lock'), true);
});

test('an unfinished creation is removed at the start', async () => {
  await mkdir(join(dataDir, 'repositories/.new-abc/repository.git'), { recursive: true });
  await createStore();
  assert.deepEqual(await readdir(join(dataDir, 'repositories')), []);
});

test('a file in place of the folder of repositories is told of in words', async () => {
  await writeFile(join(dataDir, 'repositories'), '');
  await assert.rejects(createStore(), {
    code: 'DATA_NOT_USABLE',
    message: `the data folder ${dataDir}/repositories cannot be used: something else is there already`,
  });
});

for (const [name, spoil] of [
  ['a program for archives', (path: string) => appendFile(join(path, 'config'), '[tar "tgz"]\n\tcommand = touch /x\n')],
  ['an include', (path: string) => appendFile(join(path, 'config'), '[include]\n\tpath = /etc/x\n')],
  ['a value with blanks', (path: string) => appendFile(join(path, 'config'), '\tbare = true ; touch\n')],
  ["another repository's objects", (path: string) => writeFile(join(path, 'objects/info/alternates'), '/x\n')],
  ["another repository's refs", (path: string) => writeFile(join(path, 'commondir'), '/x\n')],
  ['grafts', (path: string) => writeFile(join(path, 'info/grafts'), '')],
] as const)
  test(`not served: a repository with ${name}`, async () => {
    const path = await (await createStore()).prepare(order);
    await mkdir(join(path, 'info'), { recursive: true });
    await mkdir(join(path, 'objects/info'), { recursive: true });
    await spoil(path);
    await assert.rejects((await createStore()).prepare(order), { name: 'ForeignSettings' });
  });

test('not served: a repository with a symbolic ref', async () => {
  const path = await (await createStore()).prepare(order);
  await writeFile(join(path, 'refs/heads/master'), 'ref: refs/heads/main\n');
  await assert.rejects((await createStore()).prepare(order), /refs\/heads\/master is a symbolic ref/);
});

test('not served: a link in place of a repository', async () => {
  const store = await createStore();
  await symlink(tmpdir(), join(dataDir, 'repositories', order.uid));
  await assert.rejects(store.prepare(order), /is not a folder/);
});

for (const uid of ['..', '../../x', 'a', `${order.uid}/..`, order.uid.toUpperCase(), ''])
  test(`no UID: ${JSON.stringify(uid)}`, async () => {
    await assert.rejects((await createStore()).prepare({ ...order, uid }), /not a UID/);
  });
