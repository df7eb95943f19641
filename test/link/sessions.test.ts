import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { assertGood, createSurroundings, type Surroundings, uid } from './surroundings.ts';

for (const tcp of [false, true])
  describe(`sessions over ${tcp ? 'TCP' : 'a Unix socket'}`, () => {
    let world: Surroundings;
    before(async () => {
      world = await createSurroundings({ tcp });
      await world.git('init', '-q', '-b', 'main', 'work');
      await world.git('-C', 'work', 'commit', '-q', '--allow-empty', '-m', 'one');
    });
    after(() => world.close());
    const bare = () => join(world.dataDir, 'repositories', uid, 'repository.git');

    test('an empty repository is made when it is first asked for', async () => {
      assertGood(await world.git('clone', '-q', 'reader:app', 'empty'));
      assert.equal(await readFile(join(bare(), 'HEAD'), 'utf8'), 'ref: refs/heads/main\n');
      const owner: unknown = JSON.parse(await readFile(join(world.dataDir, 'repositories', uid, 'owner.json'), 'utf8'));
      assert.deepEqual(owner, { namespace: 'team-a', name: 'app', uid });
    });

    test('push, clone, fetch', async () => {
      assertGood(await world.git('-C', 'work', 'push', '-q', 'writer:app', 'main'));
      assertGood(await world.git('clone', '-q', 'reader:app', 'copy'));
      const head = assertGood(await world.git('-C', 'work', 'rev-parse', 'HEAD')).stdout;
      assert.equal(assertGood(await world.git('-C', 'copy', 'rev-parse', 'HEAD')).stdout, head);
      assert.match(await readFile(join(bare(), 'logs/refs/heads/main'), 'utf8'), /team-a\/alice <alice@example.com>/);
    });

    for (const version of ['0', '1', '2'])
      test(`protocol version ${version}`, async () => {
        const run = assertGood(await world.git('-c', `protocol.version=${version}`, 'ls-remote', 'reader:app'));
        assert.match(run.stdout, /refs\/heads\/main/);
      });

    test('an archive: the client speaks first', async () => {
      for (let round = 0; round < 10; round++) {
        const run = assertGood(await world.git('archive', '--remote=reader:app', '--format=tar', 'main'));
        assert.equal(run.stdout.includes('pax_global_header'), true);
      }
    });

    test('a push of a reader names each ref and its rule, and keeps nothing', async () => {
      await world.git('-C', 'work', 'checkout', '-q', '-B', 'secret');
      await world.git('-C', 'work', 'commit', '-q', '--allow-empty', '-m', `refused ${String(tcp)}`);
      const { stdout } = await world.git('-C', 'work', 'rev-parse', 'HEAD');
      const run = await world.git('-C', 'work', 'push', 'reader:app', 'secret', 'secret:other');
      assert.equal(run.status, 1);
      assert.match(run.stderr, /refused refs\/heads\/secret: .*Write.*\(Repository team-a\/app spec\.access\[0\]\)/);
      assert.match(run.stderr, /refused refs\/heads\/other/);
      const fetched = await world.git('-C', 'copy', 'fetch', 'reader:app', stdout.trim());
      assert.match(fetched.stderr, /not our ref/);
      assert.deepEqual(
        (await readdir(join(bare(), 'objects'))).filter((name) => name.startsWith('tmp')),
        [],
      );
      await world.git('-C', 'work', 'checkout', '-q', 'main');
    });

    test('rules: a rewind refused on main, warned of on tags, allowed elsewhere', async () => {
      await world.git('-C', 'work', 'push', '-q', 'writer:app', 'main', 'main:topic');
      await world.git('-C', 'work', 'commit', '-q', '--amend', '--allow-empty', '-m', 'other');
      await world.git('-C', 'work', 'tag', 'v1');
      const refused = await world.git('-C', 'work', 'push', '-f', 'ruled:app', 'main', 'main:topic', 'v1');
      assert.equal(refused.status, 1);
      assert.match(refused.stderr, /refused refs\/heads\/main: rewinding.*refRules\[0\]/);
      assert.doesNotMatch(refused.stderr, /refused refs\/heads\/topic/);
      const writer = await world.git('-C', 'work', 'push', '-f', 'writer:app', 'main:topic');
      assert.match(writer.stderr, /needs the role Maintain/);
      const warned = assertGood(await world.git('-C', 'work', 'push', '-f', 'ruled:app', 'main:topic', 'v1'));
      assert.match(warned.stderr, /warning refs\/tags\/v1: .*refRules\[1\]/);
    });

    test('a hundred pushes at once to a hundred branches', async () => {
      const pushes = Array.from({ length: 100 }, (_, index) =>
        world.git('-C', 'work', 'push', '-q', 'writer:app', `main:branch-${index}`),
      );
      for (const run of await Promise.all(pushes)) assertGood(run);
      const listed = assertGood(await world.git('ls-remote', 'reader:app', 'refs/heads/branch-*'));
      assert.equal(listed.stdout.trim().split('\n').length, 100);
    });

    test('10,000 refs in one push', async () => {
      const refs = Array.from({ length: 10_000 }, (_, index) => `create refs/tags/many-${index} HEAD`).join('\n');
      const child = world.startGit('-C', 'work', 'update-ref', '--stdin');
      child.write(`${refs}\n`);
      child.endInput();
      assertGood(await child.ended);
      assertGood(await world.git('-C', 'work', 'push', '-q', 'maintainer:app', 'refs/tags/many-*:refs/tags/many-*'));
      const listed = assertGood(await world.git('ls-remote', '--tags', 'reader:app'));
      assert.ok(listed.stdout.split('\n').length > 10_000);
    });

    test('what git says on stderr arrives, and its exit status', async () => {
      const run = await world.git('archive', '--remote=reader:app', 'no-such-branch');
      assert.match(run.stderr, /no such ref: no-such-branch/);
      assert.notEqual(run.status, 0);
    });
  });

test('a push that is larger than may be is refused while it arrives, and keeps nothing', async (context) => {
  const world = await createSurroundings({ maxPushBytes: 2 ** 20 });
  context.after(() => world.close());
  await world.git('init', '-q', '-b', 'main', 'work');
  await writeFile(join(world.folder, 'work', 'large'), randomBytes(2 ** 21));
  await world.git('-C', 'work', 'add', 'large');
  await world.git('-C', 'work', 'commit', '-q', '-m', 'large');
  const run = await world.git('-C', 'work', 'push', 'writer:app', 'main');
  assert.notEqual(run.status, 0);
  assert.match(run.stderr, /pack exceeds maximum allowed size/);
  assert.equal(assertGood(await world.git('ls-remote', 'reader:app')).stdout, '');
  await world.git('-C', 'work', 'rm', '-q', 'large');
  await world.git('-C', 'work', 'commit', '-q', '--amend', '--allow-empty', '-m', 'small');
  assertGood(await world.git('-C', 'work', 'push', '-q', 'writer:app', 'main'));
});
