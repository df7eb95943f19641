import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { endLeftovers } from '../../repository/leftovers.ts';
import { makeHooks, prepare } from './branches.ts';
import { pushRaw, zero } from './raw-push.ts';
import { assertGood, until } from './surroundings.ts';

/** Our hooks, in which to ask git whether a change is a fast-forward comes to `script`. */
async function makeHooksAsking(context: TestContext, script: string): Promise<string> {
  const folder = await makeHooks(context, 'pre-receive', 'PATH="$here:$PATH" exec "$ours/pre-receive"\n');
  const git = join(folder, 'git');
  await writeFile(git, `#!/bin/sh\nPATH=\${PATH#*:}\ncase $1 in merge-base) ${script} ;; esac\nexec git "$@"\n`);
  await chmod(git, 0o755);
  return folder;
}

test('a push that cannot be judged in time is ended, told of, and keeps nothing', async (context) => {
  const hooks = await makeHooksAsking(context, 'exec sleep 600');
  const world = await prepare(context, { hooksDir: join(hooks, 'hooks'), judgementTimeMs: 500 });
  const [first, second] = world.commits;
  const before = await world.refs();
  const { session, said } = await pushRaw(world, 'writer', [`${first} ${second} refs/heads/a`]);
  assert.equal(await session.ended, 143);
  assert.match(
    said(),
    /git-ingress: this push could not be judged in 0\.5 s, push it in parts; nothing of it was kept$/m,
  );
  assert.deepEqual(session.push, { accepted: false, total: 1, landed: 0, problem: 'TooSlow', counts: [], refs: [] });
  const judged = world.events.findLast((event) => event.type === 'PushJudged');
  assert.deepEqual([judged?.accepted, judged?.refs, judged?.problem], [false, 1, 'TooSlow']);
  assert.equal(await world.refs(), before);
  await until(async () => (await endLeftovers(world.dataDir)) === 0);
  assertGood(await world.git('-C', 'work', 'push', '-q', 'maintainer:app', 'main^:refs/heads/other'));
});

test('a push cannot make git be asked more than a thousand questions', async (context) => {
  const world = await prepare(context);
  const [, second] = world.commits;
  const changes = Array.from(
    { length: 1_001 },
    (_, index) => `${String(index).padStart(40, 'a')} ${second} refs/heads/${index}`,
  );
  const { session, said } = await pushRaw(world, 'writer', changes);
  await session.ended;
  assert.match(said(), /this push changes more than 1000 refs that may only move forward, push them in parts/);
  assert.deepEqual(session.push, {
    ...{ accepted: false, total: 1_001, landed: 0, problem: 'TooManyChanges', counts: [], refs: [] },
  });
});

test('many branches that change alike are one question', async (context) => {
  const hooks = await makeHooksAsking(context, 'echo asked >>"$(dirname "$0")/asked"');
  const world = await prepare(context, { hooksDir: join(hooks, 'hooks') });
  const [first, second] = world.commits;
  const names = Array.from({ length: 100 }, (_, index) => `refs/heads/alike/${index}`);
  const created = await pushRaw(
    world,
    'writer',
    names.map((name) => `${zero} ${first} ${name}`),
  );
  await created.session.ended;
  const { session } = await pushRaw(
    world,
    'writer',
    names.map((name) => `${first} ${second} ${name}`),
  );
  await session.ended;
  assert.deepEqual([session.push?.landed, session.push?.refs[0]?.action], [100, 'Update']);
  assert.equal(await readFile(join(hooks, 'asked'), 'utf8'), 'asked\n');
});
