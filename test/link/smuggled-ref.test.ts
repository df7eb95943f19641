import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prepare } from './branches.ts';
import { buildPush, pushBytes, pushRaw, zero } from './raw-push.ts';
import { assertGood, createSurroundings } from './surroundings.ts';

// git hands a ref's name to the hook before it checks it. An empty line in it must not end the list of refs, behind
// which others would pass unjudged.
for (const name of ['refs/heads/x\n', 'refs/heads/x\nend', 'refs/heads/x y'])
  test(`a push cannot hide a ref behind ${JSON.stringify(name)}`, async (context) => {
    const world = await createSurroundings();
    context.after(() => world.close());
    await world.git('init', '-q', '-b', 'main', 'work');
    await world.git('-C', 'work', 'commit', '-q', '--allow-empty', '-m', 'one');
    assertGood(await world.git('-C', 'work', 'push', '-q', 'maintainer:app', 'main', 'main:victim'));
    const commit = (await world.git('-C', 'work', 'rev-parse', 'HEAD')).stdout.trim();

    const push = [`${zero} ${commit} ${name}`, `${commit} ${zero} refs/heads/victim`];
    const { session, said } = await pushRaw(world, 'writer', push);
    await session.ended;
    assert.match(said(), /ng refs\/heads\/victim pre-receive hook declined/);
    assert.match((await world.git('ls-remote', 'reader:app')).stdout, /refs\/heads\/victim/);
  });

// The hooks are scripts, and shells use some of these bytes for themselves: a name that lost one would be judged as
// another.
test('a name comes to its judge with every byte', async (context) => {
  const world = await prepare(context);
  const [first] = world.commits;
  for (let byte = 0x80; byte < 0x90; byte += 2) {
    const names = [byte, byte + 1].map((last) => `refs/heads/${Buffer.from([0xc4, last])}`);
    const { session } = await pushRaw(
      world,
      'writer',
      names.map((name) => `${zero} ${first} ${name}`),
    );
    await session.ended;
    assert.deepEqual(
      session.push?.refs.map(({ ref, landed }) => [ref, landed]),
      names.map((name) => [name, true]),
    );
    const push = buildPush([`${zero} ${first} refs/heads/ma#in`]);
    push[push.indexOf('#')] = byte + 1;
    const stray = await pushBytes(world, 'writer', push);
    await stray.session.ended;
    assert.deepEqual([stray.session.push?.problem, stray.session.push?.refs], ['Malformed', []]);
  }
});
