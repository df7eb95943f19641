import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { grant } from '../harness/manifest.ts';
import { must } from '../harness/run.ts';
import { makeWorkTree, type WorkTree } from '../harness/work-tree.ts';
import { startWorld } from '../harness/world.ts';

const spec = { access: [grant('Maintain', 'alice')] };

const world = await startWorld(
  { after },
  {
    users: { alice: { displayName: 'Alice Liddell', email: 'alice@example.com' } },
    repositories: {
      basics: spec,
      history: spec,
      protocols: spec,
      archive: spec,
      'archive-options': spec,
      library: spec,
      program: spec,
      paths: { ...spec, path: 'deeply/nested/Path_1.0/app' },
      empty: { ...spec, defaultBranch: 'trunk', description: 'Nothing in it yet' },
      'many-refs': spec,
    },
  },
);
const alice = world.client('alice');

/** A work tree with one commit on `main`, pushed to a repository. */
async function publish(repository: string): Promise<WorkTree> {
  const tree = await makeWorkTree(world.home);
  await tree.commit('README.md', `${repository}\n`);
  await tree.git('remote', 'add', 'origin', alice.url(`team/${repository}.git`));
  await alice.mustGit(tree.folder, ['push', '--quiet', 'origin', 'main']);
  return tree;
}

let clones = 0;

/** A fresh clone. */
async function clone(url: string, ...options: readonly string[]): Promise<WorkTree> {
  const folder = join(world.home, `clone-${++clones}`);
  await alice.mustGit(world.home, ['clone', '--quiet', ...options, url, folder]);
  return makeWorkTree(world.home, folder);
}

const remoteRefs = async (repository: string): Promise<ReadonlyMap<string, string>> => {
  const { stdout } = await alice.mustGit(world.home, ['ls-remote', alice.url(`team/${repository}`)]);
  return new Map(
    stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('\t').reverse() as [string, string]),
  );
};

test('what is pushed is what others clone, fetch and list', async () => {
  const author = await publish('basics');
  const reader = await clone(alice.url('team/basics.git'));
  assert.equal(await reader.resolve('HEAD'), await author.resolve('main'));
  assert.equal(readFileSync(join(reader.folder, 'README.md'), 'utf8'), 'basics\n');

  const second = await author.commit();
  await author.git('checkout', '--quiet', '-b', 'feature');
  const feature = await author.commit();
  await author.git('tag', 'light');
  await author.git('tag', '--annotate', '--message', 'The first', 'v1');
  await alice.mustGit(author.folder, ['push', '--quiet', 'origin', 'main', 'feature', 'light', 'v1']);
  await alice.mustGit(reader.folder, ['fetch', '--quiet', '--tags']);
  assert.equal(await reader.resolve('origin/main'), second);
  assert.equal(await reader.resolve('origin/feature'), feature);
  assert.equal(await reader.resolve('v1^{}'), feature);

  const refs = await remoteRefs('basics');
  assert.deepEqual(
    [...refs.keys()],
    ['HEAD', 'refs/heads/feature', 'refs/heads/main', 'refs/tags/light', 'refs/tags/v1', 'refs/tags/v1^{}'],
  );
  assert.equal(refs.get('HEAD'), second);

  await author.git('reset', '--quiet', '--hard', 'HEAD~1');
  const rewritten = await author.commit();
  const plain = await alice.git(author.folder, ['push', 'origin', 'feature']);
  assert.match(plain.stderr, /rejected.*non-fast-forward/);
  await alice.mustGit(author.folder, ['push', '--quiet', '--force', 'origin', 'feature']);
  assert.equal((await remoteRefs('basics')).get('refs/heads/feature'), rewritten);
  await alice.mustGit(author.folder, ['push', '--quiet', 'origin', ':feature', ':light', ':v1']);
  await alice.mustGit(reader.folder, ['fetch', '--quiet', '--prune', '--prune-tags']);
  assert.equal((await reader.git('for-each-ref', 'refs/remotes/origin/feature', 'refs/tags')).stdout, '');
});

test('the reflog names who pushed', async () => {
  const log = readFileSync(join(world.store('basics'), 'logs/refs/heads/main'), 'utf8');
  assert.match(log, / team\/alice <alice@example\.com> \d+ \+0000\tpush\n/);
});

test('shallow clones can be deepened', async () => {
  const author = await publish('history');
  for (let more = 0; more < 4; more++) await author.commit();
  await alice.mustGit(author.folder, ['push', '--quiet', 'origin', 'main']);
  const shallow = await clone(alice.url('team/history.git'), '--depth=2');
  const count = async (): Promise<string> => (await shallow.git('rev-list', '--count', 'HEAD')).stdout.trim();
  assert.equal(await count(), '2');
  await alice.mustGit(shallow.folder, ['fetch', '--quiet', '--deepen=1']);
  assert.equal(await count(), '3');
  await alice.mustGit(shallow.folder, ['fetch', '--quiet', '--unshallow']);
  assert.equal(await count(), '5');
  await shallow.commit();
  await alice.mustGit(shallow.folder, ['push', '--quiet', 'origin', 'main']);
});

test('partial clones fetch blobs when they need them', async () => {
  const partial = await clone(alice.url('team/history.git'), '--filter=blob:none', '--no-checkout');
  const missing = async (): Promise<readonly string[]> => {
    const { stdout } = await partial.git('rev-list', '--objects', '--missing=print', 'HEAD');
    return stdout.split('\n').filter((line) => line.startsWith('?'));
  };
  assert.equal((await missing()).length, 6);
  await alice.mustGit(partial.folder, ['checkout', '--quiet', 'main']);
  assert.deepEqual(await missing(), []);
});

for (const version of [0, 1, 2]) {
  test(`protocol version ${version} clones and pushes`, async () => {
    const url = alice.url('team/protocols.git');
    const branch = `v${version}`;
    const tree = await makeWorkTree(world.home);
    const commit = await tree.commit();
    const options = ['-c', `protocol.version=${version}`];
    await alice.mustGit(tree.folder, [...options, 'push', '--quiet', url, `main:${branch}`]);
    const folder = join(world.home, `protocol-${version}`);
    const traced = await alice.mustGit(world.home, [...options, 'clone', '--branch', branch, url, folder], {
      env: { GIT_TRACE_PACKET: '1' },
    });
    assert.equal(await (await makeWorkTree(world.home, folder)).resolve('HEAD'), commit);
    const spoken = /clone< version (\d)/.exec(traced.stderr)?.[1] ?? '0';
    assert.equal(spoken, String(version));
  });
}

test('git archive --remote gives a tree, whole or in part', async () => {
  const tree = await publish('archive');
  await tree.commit('NEWS');
  await alice.mustGit(tree.folder, ['push', '--quiet', 'origin', 'main']);
  const list = async (format: string, ...what: readonly string[]): Promise<readonly string[]> => {
    const file = join(world.home, `archive.${format}`);
    const remote = `--remote=${alice.url('team/archive.git')}`;
    await alice.mustGit(world.home, [
      'archive',
      remote,
      `--format=${format}`,
      '--prefix=a/',
      `--output=${file}`,
      ...what,
    ]);
    return (await must('tar', ['-tf', file])).stdout.split('\n').filter(Boolean);
  };
  assert.deepEqual(await list('tar', 'main'), ['a/', 'a/NEWS', 'a/README.md']);
  assert.deepEqual(await list('tar', 'main', 'NEWS'), ['a/', 'a/NEWS']);
  assert.deepEqual(await list('tar.gz', 'main'), ['a/', 'a/NEWS', 'a/README.md']);
});

test('submodules are cloned with their superproject', async () => {
  const library = await publish('library');
  const program = await publish('program');
  await alice.mustGit(program.folder, ['submodule', '--quiet', 'add', '../library.git', 'vendor/library']);
  await program.git('commit', '--quiet', '--message', 'Use the library');
  await alice.mustGit(program.folder, ['push', '--quiet', 'origin', 'main']);
  const whole = await clone(alice.url('team/program.git'), '--recurse-submodules');
  const inner = await makeWorkTree(world.home, join(whole.folder, 'vendor/library'));
  assert.equal(await inner.resolve('HEAD'), await library.resolve('main'));
});

test('paths may be nested, end in .git, and be written in the form of scp', async () => {
  const tree = await makeWorkTree(world.home);
  const commit = await tree.commit();
  const path = 'deeply/nested/Path_1.0/app';
  await alice.mustGit(tree.folder, ['push', '--quiet', alice.url(path), 'main']);
  const spellings = [
    ...[alice.url(path), alice.url(`${path}.git`), alice.url(`${path}/`), alice.url(`${path}.git/`)],
    ...[`git@127.0.0.1:${path}`, `git@127.0.0.1:${path}.git`, `git@127.0.0.1:/${path}.git`],
  ];
  for (const url of spellings) {
    const { stdout } = await alice.mustGit(world.home, ['ls-remote', url, 'HEAD']);
    assert.equal(stdout, `${commit}\tHEAD\n`, url);
  }
});

test('an empty repository has its default branch and its description', async () => {
  const empty = await clone(alice.url('team/empty.git'));
  assert.equal((await empty.git('symbolic-ref', 'HEAD')).stdout, 'refs/heads/trunk\n');
  assert.equal(readFileSync(join(world.store('empty'), 'description'), 'utf8'), 'Nothing in it yet\n');
  await empty.commit();
  await alice.mustGit(empty.folder, ['push', '--quiet', '--set-upstream', 'origin', 'trunk', 'trunk:other']);
  const filled = await clone(alice.url('team/empty.git'));
  assert.equal((await filled.git('symbolic-ref', 'HEAD')).stdout, 'refs/heads/trunk\n');
});

test('a repository with 10,000 refs is pushed to, listed, cloned and fetched from', async () => {
  const tree = await publish('many-refs');
  const commit = await tree.resolve('main');
  const refs = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, index) => `refs/heads/branch-${from + index}`);
  // Each new ref is a file that has to reach the disk: 1,000 show the push, the others come as maintenance leaves them.
  const packed = refs(0, 9_000)
    .sort()
    .map((ref) => `${commit} ${ref}\n`);
  await tree.import(
    refs(9_000, 10_000)
      .map((ref) => `reset ${ref}\nfrom ${commit}\n\n`)
      .join(''),
  );
  const store = await makeWorkTree(world.home, world.store('many-refs'));
  const file = join(store.folder, 'packed-refs');
  assert.ok(!existsSync(file));
  await must('sh', ['-c', 'cat > "$1"', 'sh', file], {
    input: `# pack-refs with: peeled fully-peeled sorted \n${packed.join('')}`,
  });
  await alice.mustGit(tree.folder, ['push', '--quiet', 'origin', 'refs/heads/branch-9*:refs/heads/branch-9*']);

  const listed = await remoteRefs('many-refs');
  assert.equal(listed.size, 10_002);
  const copy = await clone(alice.url('team/many-refs.git'));
  assert.equal((await copy.git('for-each-ref', 'refs/remotes/origin/branch-*')).stdout.split('\n').length, 10_001);
  const next = await tree.commit();
  await alice.mustGit(tree.folder, ['push', '--quiet', 'origin', 'main']);
  await alice.mustGit(copy.folder, ['fetch', '--quiet']);
  assert.equal(await copy.resolve('origin/main'), next);
});

test('an archive never looks at files of the server', async () => {
  await publish('archive-options');
  const remote = `--remote=${alice.url('team/archive-options.git')}`;
  for (const option of ['--add-file=/etc/passwd', '--add-f=/nowhere', '--worktree-attributes']) {
    const outcome = await alice.git(world.home, ['archive', remote, option, 'HEAD']);
    assert.notEqual(outcome.status, 0);
    assert.match(outcome.stderr, /archives take --format, --prefix, --list, --verbose and -0 to -9 only/);
    assert.doesNotMatch(outcome.stderr, /not found|regular file/i);
  }
});
