import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Manifests } from './manifests.ts';
import { readManifests } from './read-manifests.ts';
import { createFolder, names, user } from './test-folder.ts';
import { createManifestWatch } from './watch-manifests.ts';

/** Watches a folder in the background; `until` waits for what was last reported, and tells how long it took. */
async function startWatch(context: TestContext, directory: string) {
  const initial = await readManifests(directory);
  const seen: Manifests[] = [];
  let onSeen = (): void => {};
  const watch = createManifestWatch({
    directory,
    initial,
    onChange: (next) => {
      seen.push(next);
      onSeen();
    },
  });
  const end = new AbortController();
  const running = watch.run(end.signal);
  context.after(async () => {
    end.abort();
    await running;
  });
  const until = (condition: (latest: Manifests) => boolean): Promise<number> => {
    const startedAt = performance.now();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not seen: ${JSON.stringify(seen.at(-1)?.problems)}`)), 5_000);
      onSeen = () => {
        const latest = seen.at(-1) ?? initial;
        if (!condition(latest)) return;
        clearTimeout(timer);
        resolve(performance.now() - startedAt);
      };
      onSeen();
    });
  };
  const untilNames = (...wanted: readonly string[]) => until((latest) => names(latest).join() === wanted.join());
  return { watch, seen, until, untilNames };
}

test('a file that is saved, added or removed is noticed well within a second', async (context) => {
  const { root, write, at } = await createFolder(context);
  await write('a.yaml', user('a'));
  const { untilNames } = await startWatch(context, root);
  await write('b.yaml', user('b'));
  assert.ok((await untilNames('a', 'b')) < 800);
  await write('sub/c.yaml', user('c'));
  assert.ok((await untilNames('a', 'b', 'c')) < 800);
  await write('sub/c.yaml', user('c2'));
  assert.ok((await untilNames('a', 'b', 'c2')) < 800);
  await rm(at('a.yaml'));
  assert.ok((await untilNames('b', 'c2')) < 800);
  await writeFile(at('.b.tmp'), user('b2'));
  await rename(at('.b.tmp'), at('b.yaml'));
  assert.ok((await untilNames('b2', 'c2')) < 800);
});

test('the folder itself may be replaced, or be a link that is', async (context) => {
  const { root, write, parent, at } = await createFolder(context);
  await write('a.yaml', user('a'));
  const link = join(parent, 'link');
  await symlink('root', link);
  const direct = await startWatch(context, root);
  const linked = await startWatch(context, link);
  await mkdir(join(parent, 'next'));
  await writeFile(join(parent, 'next', 'b.yaml'), user('b'));
  await symlink('next', join(parent, 'new-link'));
  await rename(join(parent, 'new-link'), link);
  await linked.untilNames('b');
  await rename(root, join(parent, 'old'));
  await direct.until((latest) => !latest.isCurrent && names(latest).join() === 'a');
  await rename(join(parent, 'next'), root);
  await direct.untilNames('b');
  await writeFile(at('b.yaml'), user('b2'));
  await direct.untilNames('b2');
});

test('a change of what a link points to is noticed without any hint', async (context) => {
  const { root, parent, at } = await createFolder(context);
  const target = join(parent, 'target.yaml');
  await writeFile(target, user('a'));
  await symlink(target, at('a.yaml'));
  const { untilNames } = await startWatch(context, root);
  await writeFile(target, user('b'));
  assert.ok((await untilNames('b')) < 900);
});

test('a burst of writes is one change, and a file is not read while it is written', async (context) => {
  const { root, write, at } = await createFolder(context);
  await write('a.yaml', user('a'));
  const { seen, untilNames } = await startWatch(context, root);
  writeFileSync(at('b.yaml'), user('b'));
  for (const text of ['', user('a').slice(0, 20), user('a'), `${user('a')}---\n`, `${user('a')}---\n${user('a2')}`]) {
    writeFileSync(at('a.yaml'), text);
  }
  await untilNames('a', 'a2', 'b');
  assert.equal(seen.length, 1);
});

test('a file is not read while a program writes it bit by bit', async (context) => {
  const text = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => user(name));
  for (let attempt = 1; ; attempt++) {
    const { root, write, at } = await createFolder(context);
    await write('a.yaml', text.join('---\n'));
    const { seen, untilNames } = await startWatch(context, root);
    let last = performance.now();
    let longestPause = 0;
    writeFileSync(at('a.yaml'), '');
    for (const part of [user('z'), ...text]) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      appendFileSync(at('a.yaml'), `---\n${part}`);
      longestPause = Math.max(longestPause, performance.now() - last);
      last = performance.now();
    }
    await untilNames('z', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
    // On a busy machine, this test itself may pause for longer than any program that is not done yet is waited for.
    if (longestPause > 30 && attempt < 10) continue;
    assert.equal(seen.length, 1);
    return;
  }
});

test('the end of the watch does not wait for a folder that takes long to look through', async (context) => {
  const { root, write } = await createFolder(context);
  for (let file = 0; file < 2_000; file++) writeFileSync(join(root, `${file}.yaml`), '');
  const initial = await readManifests(root);
  await write('new.yaml', user('new'));
  const end = new AbortController();
  const changes: Manifests[] = [];
  const watch = createManifestWatch({ directory: root, initial, onChange: (next) => void changes.push(next) });
  const running = watch.run(end.signal);
  // The first look begins at once; a change that it finds is not read before 40 ms.
  setTimeout(() => end.abort(), 15);
  await running;
  assert.deepEqual(changes, []);
});

test('what does not change the objects is no change', async (context) => {
  const { root, write } = await createFolder(context);
  await write('a.yaml', user('a'));
  const { seen, untilNames } = await startWatch(context, root);
  await write('a.yaml', `# a comment\n---\n${user('a')}`);
  await write('.a.yaml.swp', 'x');
  await write('notes.txt', 'x');
  await write('b.yaml', user('b'));
  await untilNames('a', 'b');
  assert.equal(seen.length, 1);
});

test('a problem is told once, and told of again when it changes', async (context) => {
  const { root, write } = await createFolder(context);
  const { seen, until } = await startWatch(context, root);
  await write('a.yaml', 'x: [');
  await until(({ problems }) => problems.length === 1);
  await write('b.yaml', 'y: [');
  await until(({ problems }) => problems.length === 2);
  assert.equal(seen.length, 2);
});

test('the age stays low while the folder is there, and grows while it is not', async (context) => {
  const { root, parent } = await createFolder(context);
  const { watch, until } = await startWatch(context, root);
  await rename(root, join(parent, 'gone'));
  await until(({ isCurrent }) => !isCurrent);
  const before = watch.ageSeconds();
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.ok(watch.ageSeconds() >= before + 0.5);
  await rename(join(parent, 'gone'), root);
  await until(({ isCurrent }) => isCurrent);
  assert.ok(watch.ageSeconds() < 0.5);
});
