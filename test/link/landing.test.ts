import assert from 'node:assert/strict';
import { rm, stat, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import pino from 'pino';
import type { PushReport, RefVerdict } from '../../core/link/push-report.ts';
import { createRepositoryDialer } from '../../gateway/link/dialer.ts';
import { endLeftovers } from '../../repository/leftovers.ts';
import { makeHooks, prepare } from './branches.ts';
import { pushRaw, zero } from './raw-push.ts';
import { until } from './surroundings.ts';

/** What became of each ref. */
const fates = (report: PushReport | undefined) =>
  Object.fromEntries((report?.refs ?? []).map(({ ref, landed }) => [ref, landed]));

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

test('what landed is told before the exit status, and nothing of it with the verdict', async (context) => {
  const world = await prepare(context);
  const [first, second] = world.commits;
  const changes = [
    `${first} ${second} refs/heads/a`,
    `${first} ${zero} refs/heads/b`,
    `${zero} ${first} refs/tags/v1`,
    `${zero} ${first} refs/heads/a/below`, // There is a branch `a`.
  ];
  const { session } = await pushRaw(world, 'maintainer', changes);
  await session.ended;
  assert.deepEqual([session.push?.accepted, session.push?.total, session.push?.landed], [true, 4, 3]);
  assert.deepEqual(fates(session.push), {
    ...{ 'refs/heads/a': true, 'refs/heads/b': true, 'refs/tags/v1': true, 'refs/heads/a/below': false },
  });
  assert.equal(await world.refs(), `refs/heads/a ${second}\nrefs/heads/main ${second}\nrefs/tags/v1 ${first}\n`);
  const settled = world.events.findLast((event) => event.type === 'PushSettled');
  assert.deepEqual([settled?.refs, settled?.landed], [4, 3]);
});

test('of many refs each that landed is told, in parts, ahead of the last report', async (context) => {
  const world = await prepare(context);
  const [first] = world.commits;
  const names = Array.from({ length: 1_000 }, (_, index) => `refs/heads/many/${String(index).padStart(4, '0')}`);
  // Of what is not there git changes nothing.
  const refused = names.map((name) => `${first} ${zero} ${name}`);
  const { session } = await pushRaw(world, 'maintainer', [
    ...names.map((name) => `${zero} ${first} ${name}`),
    ...refused.map((change) => `${change}/none`),
  ]);
  const parts: (readonly RefVerdict[])[] = [];
  let accepted = 0;
  session.onPushRefs = (refs) => {
    parts.push(refs);
    // The report of the verdict is still the last one.
    if (session.push?.landed === undefined) accepted += 1;
  };
  await session.ended;
  assert.deepEqual([session.push?.total, session.push?.landed, session.push?.refs.length], [2_000, 1_000, 20]);
  assert.deepEqual(session.push?.counts, [
    { action: 'Create', verdict: 'allow', refs: 1_000 },
    { action: 'Delete', verdict: 'allow', refs: 1_000 },
  ]);
  assert.ok(parts.length > 10 && accepted === parts.length, `${parts.length} parts, ${accepted} ahead`);
  assert.ok(parts.every((refs) => Buffer.byteLength(JSON.stringify(refs)) <= 16 * 1024 + 2));
  const told = [...(session.push?.refs ?? []), ...parts.flat()];
  assert.deepEqual(
    told.map(({ ref, landed }) => `${ref} ${landed}`).toSorted(),
    names.map((name) => `${name} true`),
  );
});

test('a push that is ended between the verdict and its refs lands as far as git had come', async (context) => {
  const world = await prepare(context);
  const [first, second] = world.commits;
  // git waits for whoever holds this lock; it takes one ref after the other.
  await writeFile(join(world.bare, 'refs/heads/b.lock'), '');
  const changes = ['a', 'b', 'c'].map((name) => `${name === 'c' ? zero : first} ${second} refs/heads/${name}`);
  const { session } = await pushRaw(world, 'maintainer', changes);
  await until(async () => (await world.refs()).includes(`refs/heads/a ${second}`));
  assert.deepEqual(fates(session.push), {
    'refs/heads/a': undefined,
    'refs/heads/b': undefined,
    'refs/heads/c': undefined,
  });
  session.cancel('the key expired');
  assert.equal(await session.ended, 143);
  assert.deepEqual(fates(session.push), { 'refs/heads/a': true, 'refs/heads/b': false, 'refs/heads/c': false });
  assert.equal(session.push?.landed, 1);
  await rm(join(world.bare, 'refs/heads/b.lock'), { force: true });
  assert.equal(await world.refs(), `refs/heads/a ${second}\nrefs/heads/b ${first}\nrefs/heads/main ${second}\n`);
});

test('when the link is lost, what is known of the push is not', async (context) => {
  const world = await prepare(context, { tcp: true });
  const [first, second] = world.commits;
  const sockets = new Set<net.Socket>();
  const wire = net.createServer((near) => {
    const far = net.connect(world.server.address);
    for (const socket of [near, far]) sockets.add(socket.on('error', () => {}));
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => void wire.listen(0, '127.0.0.1', resolve));
  context.after(() => void wire.close());
  const dialer = createRepositoryDialer({
    address: { host: '127.0.0.1', port: (wire.address() as net.AddressInfo).port },
    podName: 'pool-0',
    signingKey: world.keys.privateKey,
    log: pino({ level: 'silent' }),
  });
  await writeFile(join(world.bare, 'refs/heads/a.lock'), '');
  const before = world.events.length;
  const { session } = await pushRaw({ ...world, dialer }, 'writer', [`${first} ${second} refs/heads/a`]);
  await until(() => session.push);
  for (const socket of sockets) socket.destroy();
  await assert.rejects(session.ended, { code: 'Lost' });
  assert.deepEqual([session.push?.accepted, fates(session.push)], [true, { 'refs/heads/a': undefined }]);
  // The server ends what nobody waits for, and knows what came of it.
  const settled = await until(() => world.events.slice(before).find((event) => event.type === 'PushSettled'));
  assert.deepEqual([settled.refs, settled.landed], [1, 0]);
});

test('one that is ended when it has landed, before it could say so, is found to have landed', async (context) => {
  const script = 'if [ -e "$here/hold" ]; then : >"$here/reached"; exec sleep 600; fi\n';
  const hooks = await makeHooks(context, 'post-receive', script);
  const world = await prepare(context, { hooksDir: join(hooks, 'hooks') });
  const [first, second] = world.commits;
  await writeFile(join(hooks, 'hold'), '');
  const { session } = await pushRaw(world, 'maintainer', [
    `${first} ${second} refs/heads/a`,
    `${first} ${zero} refs/heads/b`,
  ]);
  await until(() => exists(join(hooks, 'reached')));
  session.cancel('the key expired');
  assert.equal(await session.ended, 143);
  assert.deepEqual(fates(session.push), { 'refs/heads/a': true, 'refs/heads/b': true });
  await until(async () => (await endLeftovers(world.dataDir)) === 0);
});
