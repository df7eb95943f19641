import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { chmod, mkdir, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Manifests, noManifests } from './manifests.ts';
import { lookAtManifests, readManifests } from './read-manifests.ts';
import { createFolder, names, user } from './test-folder.ts';

const messages = ({ problems }: Manifests, root: string): readonly string[] =>
  problems.map(({ kind, file, line, message }) => `${kind} ${file.replace(root, '.')}:${line}: ${message}`);

test('reads sub-folders, several documents a file, and every extension, in the order of paths', async (context) => {
  const { root, write } = await createFolder(context);
  await write('b.yml', `${user('b1')}---\n${user('b2')}`);
  await write('a/x/deep.yaml', user('deep'));
  await write('c.json', '{"apiVersion": "gitingress.dev/v1alpha1", "kind": "GitUser", "metadata": {"name": "c"}}');
  await write('bom.YAML', `\ufeff${user('bom')}`);
  const manifests = await readManifests(root);
  assert.deepEqual(names(manifests), ['deep', 'b1', 'b2', 'bom', 'c']);
  assert.deepEqual(
    manifests.objects.map(({ line }) => line),
    [1, 1, 6, 1, 1],
  );
  assert.deepEqual(manifests.problems, []);
});

test("hidden files and editors' temporary files are passed over", async (context) => {
  const { root, write, at } = await createFolder(context);
  await write('x.yaml', user('x'));
  for (const name of ['#x.yaml#', 'x.yaml~', '.x.yaml.swp', '.x.yaml', '4913', 'x.yaml.bak', '.git/y.yaml']) {
    await write(name, user('other'));
  }
  await symlink('somebody@host.1234:5678', at('.#x.yaml'));
  await symlink('nowhere', at('dangling.yaml'));
  const manifests = await readManifests(root);
  assert.deepEqual(names(manifests), ['x']);
  assert.deepEqual(manifests.problems, []);
});

test('what is neither a file nor a folder is passed over, and circles of links end', async (context) => {
  const { root, write, at } = await createFolder(context);
  await write('sub/x.yaml', user('x'));
  await symlink('..', at('sub/circle'));
  execFileSync('mkfifo', [at('pipe.yaml')]);
  assert.deepEqual(names(await readManifests(root)), ['x']);
});

/** Makes folders of which each has ten links to the next: 10^levels paths. */
async function createMaze(root: string, levels: number): Promise<void> {
  for (let level = 0; level <= levels; level++) {
    await mkdir(join(root, `f${level}`));
    for (let link = 0; link < 10 && level < levels; link++) {
      await symlink(`../f${level + 1}`, join(root, `f${level}`, `link${link}`));
    }
  }
}

test('a folder is looked into once, however many links lead to it, by its shortest path', async (context) => {
  const { root, write, at } = await createFolder(context);
  await createMaze(root, 8);
  await write('f8/x.yaml', user('x'));
  const manifests = await readManifests(root, undefined, AbortSignal.timeout(5_000));
  assert.deepEqual([...manifests.files.keys()], [at('f8/x.yaml')]);
  assert.deepEqual(manifests.problems, []);
});

test('beyond 10000 folders, the rest is left out, said so, and keeps what it last said', async (context) => {
  const { root, write, at } = await createFolder(context);
  await write('z/x.yaml', user('x'));
  const first = await readManifests(root);
  for (let folder = 0; folder < 10_000; folder++) mkdirSync(at(`a${folder}`));
  const second = await readManifests(root, first);
  assert.deepEqual(names(second), ['x']);
  assert.deepEqual(messages(second, root), [
    'Unreadable .:undefined: has more than 10000 folders; the rest is left out; what a running server last read of it holds',
  ]);
});

test('reading ends when the signal is aborted', async (context) => {
  const { root, write } = await createFolder(context);
  for (let file = 0; file < 50; file++) await write(`${file}.yaml`, user(`u${file}`));
  const reason = new Error('the end');
  for (const read of [readManifests, lookAtManifests]) {
    const end = new AbortController();
    const reading = read(root, noManifests, end.signal);
    end.abort(reason);
    await assert.rejects(reading, (error) => error === reason);
  }
});

test('a folder that did not change is the same value, and an unchanged document the same object', async (context) => {
  const { root, write } = await createFolder(context);
  await write('a.yaml', `${user('a')}---\n${user('b')}`);
  await sleep(120);
  const first = await readManifests(root);
  assert.equal(await readManifests(root, first), first);
  await write('a.yaml', `# a line more\n${user('a')}---\n${user('b', '{suspended: true}')}---\n${user('c')}`);
  const second = await readManifests(root, first);
  assert.deepEqual(names(second), ['a', 'b', 'c']);
  assert.notEqual(second.resources[1], first.resources[1]);
  await write('a.yaml', `${user('new')}---\n${user('a')}---\n${user('c')}`);
  const third = await readManifests(root, second);
  assert.deepEqual(names(third), ['new', 'a', 'c']);
  assert.equal(third.resources[2], second.resources[2]);
});

test('a write is noticed though size and modification time stay as they were', async (context) => {
  const { root, write, at } = await createFolder(context);
  const past = new Date('2020-01-01T00:00:00Z');
  await write('a.yaml', user('a'));
  await utimes(at('a.yaml'), past, past);
  await sleep(120);
  const first = await readManifests(root);
  await write('a.yaml', user('b'));
  await utimes(at('a.yaml'), past, past);
  assert.deepEqual(names(await readManifests(root, first)), ['b']);
});

test('a file that was written to just now is looked at once more, for a write in the same tick of the clock', async (context) => {
  const { root, write } = await createFolder(context);
  await write('a.yaml', user('a'));
  const first = await readManifests(root);
  assert.equal((await lookAtManifests(root, first)).isChanged, true);
  await sleep(120);
  const second = await readManifests(root, first);
  assert.equal((await lookAtManifests(root, second)).isChanged, false);
  assert.equal(second.resources[0], first.resources[0]);
});

test('a file with a syntax error keeps its last good objects; others change on', async (context) => {
  const { root, write } = await createFolder(context);
  await write('a.yaml', `${user('a1')}---\n${user('a2')}`);
  await write('b.yaml', user('b'));
  const first = await readManifests(root);
  await write('a.yaml', `${user('a3')}---\n${user('a4')}  broken: [\n`);
  await write('b.yaml', user('b2'));
  const second = await readManifests(root, first);
  assert.deepEqual(names(second), ['a1', 'a2', 'b2']);
  assert.equal(second.problems.length, 1);
  assert.match(
    messages(second, root)[0] ?? '',
    /^NotYaml \.\/a\.yaml:1\d: is not YAML: .*; until that is repaired, its last good state holds \(2 objects\)$/,
  );
  await write('a.yaml', user('a5'));
  const third = await readManifests(root, second);
  assert.deepEqual(names(third), ['a5', 'b2']);
  assert.deepEqual(third.problems, []);
});

test('a file that was broken from the start holds with its good documents, as it is now', async (context) => {
  const { root, write } = await createFolder(context);
  await write('a.yaml', `${user('a1')}---\nx: [\n---\n${user('a2')}`);
  const first = await readManifests(root);
  assert.deepEqual(names(first), ['a1', 'a2']);
  assert.match(messages(first, root)[0] ?? '', /its other documents hold/);
  await write('a.yaml', `x: [\n---\n${user('a2')}`);
  assert.deepEqual(names(await readManifests(root, first)), ['a2']);
});

test('a file that is not text, or not readable, keeps its last good objects', async (context) => {
  const { root, write, at } = await createFolder(context);
  await write('a.yaml', user('a'));
  const first = await readManifests(root);
  await writeFile(at('a.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xff]));
  const second = await readManifests(root, first);
  assert.deepEqual(names(second), ['a']);
  assert.match(messages(second, root)[0] ?? '', /^NotYaml .*is not UTF-8 text/);
  await truncate(at('a.yaml'), 2 ** 30);
  const third = await readManifests(root, second);
  assert.deepEqual(names(third), ['a']);
  assert.match(messages(third, root)[0] ?? '', /^Unreadable .*is larger than 128 MiB/);
});

test('an object that is well-formed but invalid is withdrawn, alone, and named with its line', async (context) => {
  const { root, write } = await createFolder(context);
  await write('a.yaml', `${user('a')}---\n${user('b')}`);
  const first = await readManifests(root);
  await write('a.yaml', `${user('a', '{suspended: 3}')}---\n${user('b')}`);
  const second = await readManifests(root, first);
  assert.deepEqual(names(second), ['b']);
  const [problem] = second.problems;
  assert.equal(problem?.object, 'GitUser default/a');
  assert.equal(problem?.line, 4);
  assert.match(problem?.message ?? '', /spec\.suspended/);
});

test('of two objects with one name, the first by path and line holds, and both places are named', async (context) => {
  const { root, write } = await createFolder(context);
  await write('b.yaml', user('x', '{displayName: second}'));
  await write('a.yaml', `${user('w')}---\n${user('x', '{displayName: first}')}`);
  const manifests = await readManifests(root);
  assert.deepEqual(
    manifests.resources.map(({ spec }) => 'displayName' in spec && spec.displayName),
    [false, 'first'],
  );
  assert.deepEqual(messages(manifests, root), [
    `SameName ./b.yaml:1: the same object is at ${root}/a.yaml:6, which holds: rename or remove one of the two`,
  ]);
});

test('removed files, and files of removed folders, take their objects with them', async (context) => {
  const { root, write, at } = await createFolder(context);
  await write('a.yaml', user('a'));
  await write('sub/b.yaml', user('b'));
  await write('c.yaml', user('c'));
  const first = await readManifests(root);
  await rm(at('sub'), { recursive: true });
  await rm(at('a.yaml'));
  assert.deepEqual(names(await readManifests(root, first)), ['c']);
});

test('a folder that vanishes keeps its last objects and says so, until it is back', async (context) => {
  const { root, write, parent } = await createFolder(context);
  await write('a.yaml', user('a'));
  const first = await readManifests(root);
  await rename(root, join(parent, 'elsewhere'));
  const second = await readManifests(root, first);
  assert.deepEqual([names(second), second.isCurrent], [['a'], false]);
  assert.match(
    messages(second, root)[0] ?? '',
    /Unreadable .*cannot be read: no such file or folder; what a running server last/,
  );
  await write('b.yaml', user('b'));
  const third = await readManifests(root, second);
  assert.deepEqual([names(third), third.isCurrent, third.problems], [['b'], true, []]);
});

test('a folder below that cannot be looked into keeps its objects', {
  skip: process.getuid?.() === 0,
}, async (context) => {
  const { root, write, at } = await createFolder(context);
  await write('sub/a.yaml', user('a'));
  await write('b.yaml', user('b'));
  const first = await readManifests(root);
  await chmod(at('sub'), 0);
  context.after(() => chmod(at('sub'), 0o700));
  const second = await readManifests(root, first);
  assert.deepEqual(names(second), ['b', 'a']);
  assert.equal(second.problems[0]?.kind, 'Unreadable');
});

test('a Kubernetes mount that is swapped while it is read is read as one state', async (context) => {
  const { root, write, at } = await createFolder(context);
  const publish = async (version: number): Promise<void> => {
    for (const name of ['a', 'b', 'c', 'd']) await write(`..v${version}/${name}.yaml`, user(`${name}${version}`));
    await symlink(`..v${version}`, at('..data_tmp'));
    await rename(at('..data_tmp'), at('..data'));
    await rm(at(`..v${version - 1}`), { recursive: true, force: true });
  };
  await publish(1);
  for (const name of ['a', 'b', 'c', 'd']) await symlink(`..data/${name}.yaml`, at(`${name}.yaml`));
  // A reading that meets a swap in each of its five attempts takes what it has (see `readManifests`).
  const maxSwaps = 3;
  let swaps = 0;
  let isDone = false;
  const publishing = (async () => {
    for (let version = 2; version < 40; version++) {
      while (swaps === maxSwaps) await sleep(1);
      swaps += 1;
      await publish(version);
      await sleep(version % 7);
    }
  })().finally(() => {
    isDone = true;
  });
  let manifests = await readManifests(root);
  const seen = new Set<string>();
  while (!isDone) {
    // One more may be under way.
    swaps = 0;
    manifests = await readManifests(root, manifests);
    seen.add(
      names(manifests)
        .map((name) => name.slice(1))
        .join(),
    );
  }
  await publishing;
  manifests = await readManifests(root, manifests);
  assert.deepEqual(names(manifests), ['a39', 'b39', 'c39', 'd39']);
  for (const versions of seen) assert.equal(new Set(versions.split(',')).size, 1, `a mixture: ${versions}`);
  for (const versions of seen) assert.equal(versions.split(',').length, 4, `a part: ${versions}`);
});

test('a file may be given in the place of a folder, whatever its name', async (context) => {
  const { write, at } = await createFolder(context);
  await write('manifest.txt', user('a'));
  assert.deepEqual(names(await readManifests(at('manifest.txt'))), ['a']);
});
