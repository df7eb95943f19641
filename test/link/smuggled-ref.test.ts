import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pushRaw, zero } from './raw-push.ts';
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
