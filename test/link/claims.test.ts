import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { run } from '../harness/run.ts';
import { buildPush, pushRaw, zero } from './raw-push.ts';
import { assertGood, createSurroundings, type Surroundings, uid, until } from './surroundings.ts';

// What a ref was before a push is what the pusher says that it was, until git changes it.
describe('a pusher who says what is not true of what is there', () => {
  let world: Surroundings;
  let bare: string;
  let first: string;
  let second: string;
  let third: string;
  const invented = '1'.repeat(40);
  before(async () => {
    world = await createSurroundings();
    bare = join(world.dataDir, 'repositories', uid, 'repository.git');
    await world.git('init', '-q', '-b', 'main', 'work');
    for (const message of ['one', 'two', 'three'])
      await world.git('-C', 'work', 'commit', '-q', '--allow-empty', '-m', message);
    first = await resolve('main^^');
    second = await resolve('main^');
    third = await resolve('main');
    assertGood(await world.git('-C', 'work', 'push', '-q', 'maintainer:app', 'main', 'main^:refs/heads/topic'));
  });
  after(() => world.close());

  const resolve = async (revision: string) =>
    assertGood(await world.git('-C', 'work', 'rev-parse', revision)).stdout.trim();
  const refs = async (folder = bare) => (await world.git('-C', folder, 'for-each-ref')).stdout;

  for (const [name, old, ref] of [
    ['any branch, by a value that nothing has', invented, 'refs/heads/topic'],
    ['the branch that HEAD names, as if it were not there', zero, 'refs/heads/main'],
  ] as const)
    test(`git itself lets them delete ${name}; we do not`, async () => {
      const change = `${old} ${zero} ${ref}`;
      await rm(join(world.folder, 'plain.git'), { recursive: true, force: true });
      assertGood(await world.git('clone', '-q', '--bare', bare, 'plain.git'));
      await run('git', ['receive-pack', join(world.folder, 'plain.git')], { input: buildPush([change]) });
      assert.equal((await refs('plain.git')).includes(ref), false);

      const before = await refs();
      const { session, said } = await pushRaw(world, 'maintainer', [change]);
      await session.ended;
      assert.match(said(), /this push deletes a ref that is not what it is said to be, fetch first/);
      const { accepted, landed, problem } = session.push ?? {};
      assert.deepEqual([accepted, landed, problem], [false, 0, 'UnknownOldValue']);
      assert.equal(await refs(), before);
    });

  test('what is true among many changes that are not lands, and heads the report', async () => {
    const lies = [
      ...Array.from({ length: 1200 }, (_, index) => `${invented} ${second} refs/tags/${index}`),
      `${zero} ${first} refs/heads/main`,
      `${first} ${second} refs/heads/topic`,
    ];
    const truth = `${second} ${first} refs/heads/topic-too`;
    assertGood(await world.git('-C', 'work', 'push', '-q', 'maintainer:app', 'main^:refs/heads/topic-too'));
    const before = await refs();
    const { session, said } = await pushRaw(world, 'maintainer', [...lies, truth]);
    await session.ended;
    assert.match(said(), /ng refs\/heads\/main failed to update ref/);
    const { push } = session;
    assert.deepEqual([push?.accepted, push?.total, push?.landed, push?.refs.length], [true, 1203, 1, 20]);
    assert.deepEqual(
      push?.refs.slice(0, 2).map(({ ref, action, landed }) => [ref, action, landed]),
      [
        ['refs/heads/topic-too', 'Rewind', true],
        ['refs/tags/0', 'Rewind', false],
      ],
    );
    assert.equal(await refs(), before.replace(/\S+( commit\trefs\/heads\/topic-too)/, `${first}$1`));
  });

  test('one ref cannot be changed twice', async () => {
    const before = await refs();
    const ref = 'refs/heads/topic';
    const { session, said } = await pushRaw(world, 'maintainer', [
      `${second} ${first} ${ref}`,
      `${first} ${second} ${ref}`,
    ]);
    await session.ended;
    assert.match(said(), /this push changes one ref twice/);
    assert.equal(await refs(), before);
  });

  for (const capabilities of ['', 'atomic'])
    test(`of two pushes that race for a branch one lands; the other loses ${capabilities === '' ? 'that branch alone' : 'as a whole'}`, async () => {
      assertGood(await world.git('-C', 'work', 'push', '-q', '-f', 'maintainer:app', `${first}:refs/heads/race`));
      // git waits for whoever holds this lock, so that both are judged before either lands.
      const lock = join(bare, 'refs/heads/race.lock');
      await writeFile(lock, '');
      const judged = world.events.length;
      const pushes = await Promise.all(
        [second, third].map((next, index) => {
          const own = `${zero} ${second} refs/heads/own-${index}${capabilities}`;
          return pushRaw(world, 'maintainer', [`${first} ${next} refs/heads/race`, own], capabilities);
        }),
      );
      await until(() => world.events.slice(judged).filter(({ type }) => type === 'PushJudged').length === 2);
      await rm(lock);
      for (const { session } of pushes) assert.equal(await session.ended, 0);
      const [loser, winner] = pushes.toSorted((a, b) => (a.session.push?.landed ?? 0) - (b.session.push?.landed ?? 0));
      assert.equal(winner?.session.push?.landed, 2);
      assert.equal(loser?.session.push?.landed, capabilities === '' ? 1 : 0);
      assert.equal(loser?.session.push?.refs.find(({ ref }) => ref === 'refs/heads/race')?.landed, false);
      assert.match(loser?.said() ?? '', /ng refs\/heads\/race/);
    });
});
