import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createClient, makeKey } from '../harness/client.ts';
import { gitUser, grant, manifest, repository, sshKey } from '../harness/manifest.ts';
import { until } from '../harness/wait.ts';
import { startWorld } from '../harness/world.ts';

const world = await startWorld(
  { after },
  {
    users: { alice: {}, bob: {} },
    repositories: { app: { access: [grant('Write', 'alice')] } },
  },
);
const { server, home } = world;
const bob = world.client('bob');
const folder = server.manifests;

const revision = (): Promise<number> => server.metric('git_ingress_index_revision');

/** Makes a change, and sees it in force within a second. */
async function takesHold(change: () => void): Promise<void> {
  const before = await revision();
  const since = performance.now();
  change();
  await until('the new index', async () => (await revision()) > before);
  const after = performance.now() - since;
  assert.ok(after < 1_000, `it took ${after} ms`);
}

/** A new key of alice's: its manifest, and whether one can log in with it. */
async function newKey(name: string): Promise<{ readonly text: string; worksNow(): Promise<boolean> }> {
  const key = await makeKey(home, name);
  const client = createClient(server, key);
  return {
    text: manifest(sshKey(name, { publicKey: key.publicKey, userRef: { name: 'alice' } })),
    worksNow: async () => (await client.ssh([])).status === 0,
  };
}

const problems = (kind: string): Promise<number> => server.metric('git_ingress_manifest_problems', `kind="${kind}"`);

test('a key that is saved in a sub-folder holds, and no longer when it is removed', async () => {
  const key = await newKey('nested');
  assert.equal(await key.worksNow(), false);
  await takesHold(() => server.write('a/b/c/nested.yml', key.text));
  assert.equal(await key.worksNow(), true);
  await takesHold(() => server.remove('a'));
  assert.equal(await key.worksNow(), false);
});

test('one file may hold several objects', async () => {
  const key = await newKey('several');
  await takesHold(() =>
    server.write(
      'several.yaml',
      `${manifest(gitUser('carol'), repository('extra'))}---\n---\n# nothing\n---\n${key.text}`,
    ),
  );
  assert.equal(await key.worksNow(), true);
});

test('a folder is swapped as Kubernetes does it', async () => {
  const first = await newKey('mounted-first');
  const second = await newKey('mounted-second');
  const mount = join(folder, 'mount');
  const fill = (version: string, text: string): void => {
    mkdirSync(join(mount, version), { recursive: true });
    writeFileSync(join(mount, version, 'keys.yaml'), text);
    symlinkSync(version, join(mount, '..data_tmp'));
    renameSync(join(mount, '..data_tmp'), join(mount, '..data'));
  };
  await takesHold(() => {
    fill('..1', first.text);
    symlinkSync('..data/keys.yaml', join(mount, 'keys.yaml'));
  });
  assert.equal(await first.worksNow(), true);
  await takesHold(() => {
    fill('..2', second.text);
    rmSync(join(mount, '..1'), { recursive: true });
  });
  assert.equal(await first.worksNow(), false);
  assert.equal(await second.worksNow(), true);
});

test("editors' temporary files are passed over", async () => {
  const key = await newKey('edited');
  await takesHold(() => server.write('edited.yaml', key.text));
  const before = await revision();
  for (const name of [
    '.edited.yaml.swp',
    'edited.yaml~',
    '#edited.yaml#',
    '4913',
    '.#edited.yaml',
    'edited.yaml.bak',
  ]) {
    writeFileSync(join(folder, name), 'kind: [\n');
  }
  const marker = await newKey('marker');
  await takesHold(() => server.write('marker.yaml', marker.text));
  assert.equal(await revision(), before + 1);
  assert.equal(await problems('NotYaml'), 0);
  assert.equal(await key.worksNow(), true);
});

test('a file that cannot be parsed keeps its last good objects, and says so', async () => {
  const key = await newKey('broken');
  await takesHold(() => server.write('broken.yaml', key.text));
  server.write('broken.yaml', `${key.text}---\nkind: [GitUser\n`);
  const { problem } = await server.logged('the problem', ({ msg, problem }) => {
    return msg === 'problem in the manifests' && (problem as { kind: string }).kind === 'NotYaml';
  });
  const { file, line, message } = problem as { file: string; line: number; message: string };
  assert.equal(file, join(folder, 'broken.yaml'));
  assert.ok(line >= 3, `line ${line}`);
  assert.match(message, /last good/);
  assert.equal(await problems('NotYaml'), 1);
  assert.equal(await key.worksNow(), true);
  server.write('broken.yaml', key.text);
  await server.logged('the end of it', ({ msg, problem }) => {
    return msg === 'problem in the manifests is solved' && (problem as { file: string }).file === file;
  });
  assert.equal(await problems('NotYaml'), 0);
});

test('an invalid object is withdrawn, and the others of its file hold', async () => {
  const good = await newKey('good');
  const bad = await newKey('bad');
  await takesHold(() => server.write('pair.yaml', `${bad.text}---\n${good.text}`));
  assert.deepEqual([await bad.worksNow(), await good.worksNow()], [true, true]);
  await takesHold(() =>
    server.write('pair.yaml', `${bad.text.replace('"spec":{', '"spec":{"colour":"red",')}---\n${good.text}`),
  );
  assert.deepEqual([await bad.worksNow(), await good.worksNow()], [false, true]);
  const { problem } = await server.logged('the problem', ({ problem }) => {
    return (problem as { object?: string } | undefined)?.object === 'SSHKey team/bad';
  });
  const { kind, line, message } = problem as { kind: string; line: number; message: string };
  assert.equal(kind, 'Invalid');
  assert.equal(line, 1);
  assert.match(message, /spec\.colour.*unknown field/);
});

test('a repository that is removed and put back finds its data again', async () => {
  const text = manifest(repository('kept', { access: [grant('Write', 'bob')] }));
  await takesHold(() => server.write('kept.yaml', text));
  await bob.mustGit(home, ['init', '--quiet', '--initial-branch=main', 'kept']);
  const tree = join(home, 'kept');
  await bob.mustGit(tree, ['commit', '--quiet', '--allow-empty', '--message', 'Keep me']);
  await bob.mustGit(tree, ['push', '--quiet', bob.url('team/kept'), 'main']);
  const listed = await bob.mustGit(tree, ['ls-remote', bob.url('team/kept')]);
  await takesHold(() => server.remove('kept.yaml'));
  assert.notEqual((await bob.git(tree, ['ls-remote', bob.url('team/kept')])).status, 0);
  await takesHold(() => server.write('elsewhere/kept.yaml', text));
  assert.equal((await bob.mustGit(tree, ['ls-remote', bob.url('team/kept')])).stdout, listed.stdout);
});
