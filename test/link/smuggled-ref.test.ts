import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { assertGood, buildRequest, createSurroundings } from './surroundings.ts';

const packetLine = (text: string): string => (text.length + 4).toString(16).padStart(4, '0') + text;

/** A pack of no objects, which git asks for with every ref that is not deleted. */
function buildEmptyPack(): Buffer {
  const pack = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1');
  return Buffer.concat([pack, createHash('sha1').update(pack).digest()]);
}

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
    const zero = '0'.repeat(40);

    const session = await world.dialer.open(buildRequest('writer', 'receive-pack'), new AbortController().signal);
    let said = '';
    session.onData = (bytes) => {
      said += bytes.toString();
      return true;
    };
    session.write(
      Buffer.concat([
        Buffer.from(packetLine(`${zero} ${commit} ${name}\0report-status`)),
        Buffer.from(packetLine(`${commit} ${zero} refs/heads/victim`)),
        Buffer.from('0000'),
        buildEmptyPack(),
      ]),
    );
    session.end();
    await session.ended;
    assert.match(said, /ng refs\/heads\/victim pre-receive hook declined/);
    assert.match((await world.git('ls-remote', 'reader:app')).stdout, /refs\/heads\/victim/);
  });
