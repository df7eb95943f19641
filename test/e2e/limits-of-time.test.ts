import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { sshOptionList } from '../harness/client.ts';
import { createGate } from '../harness/gate.ts';
import { grant } from '../harness/manifest.ts';
import { gitProcesses, kill } from '../harness/processes.ts';
import type { Running } from '../harness/run.ts';
import type { Scope } from '../harness/standalone.ts';
import { until } from '../harness/wait.ts';
import { makeWorkTree, randomFile } from '../harness/work-tree.ts';
import { startWorld, type World } from '../harness/world.ts';

const startWith = (scope: Scope, ...args: readonly string[]): Promise<World> =>
  startWorld(scope, { users: { alice: {} }, repositories: { app: { access: [grant('Write', 'alice')] } }, args });

/** A session that waits for what its client wants. */
async function holdSession(world: World, ...options: readonly string[]): Promise<Running> {
  const session = world.client('alice', options).startSsh(["git-upload-pack 'team/app'"]);
  await until('git', () => session.stdout !== '');
  return session;
}

const outcomeIs = (world: World, outcome: string): Promise<unknown> =>
  world.server.logged(
    outcome,
    (line) => line.msg === 'session ended' && line.audit === true && line.outcome === outcome,
  );

const isAccepting = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('close', () => socket.destroy());
    socket.end();
  });

test('SIGTERM lets live sessions finish, and takes no new ones', async (context) => {
  const world = await startWith(context);
  const { server, home } = world;
  const alice = world.client('alice');
  const source = await makeWorkTree(home);
  await source.import(randomFile('main', 8));
  await alice.mustGit(source.folder, ['push', '--quiet', alice.url('team/app'), 'main']);
  // Would take eight seconds.
  const gate = createGate(alice, home, { downloadRate: 2 ** 20 });
  const clone = alice.startGit(home, ['clone', '--quiet', alice.url('team/app'), 'copy'], { env: gate.env });
  const path = join(home, 'control');
  const master = world.client('alice', sshOptionList('ControlMaster=yes', `ControlPath=${path}`));
  const session = master.startSsh(["git-upload-pack 'team/app'"]);
  await until('two sessions', async () => session.stdout !== '' && (await server.metric('git_ingress_sessions')) === 2);

  const stopped = server.stop();
  await until('the end of readiness', async () => (await server.get('/readyz')).status === 503);
  assert.match((await server.get('/readyz')).body, /draining/);
  assert.equal((await server.get('/livez')).status, 200);
  await until('the listener is closed', async () => !(await isAccepting(server.port)));
  const late = await world.client('alice', sshOptionList(`ControlPath=${path}`)).ssh([]);
  assert.match(late.stderr, /the server is shutting down: try again/);
  assert.ok(session.isRunning && clone.isRunning);
  session.write('0000');
  assert.equal((await session.ended).status, 0);
  gate.open();
  assert.equal((await clone.ended).status, 0);
  assert.equal(await stopped, 0);
});

test('a second SIGTERM ends at once', async (context) => {
  const world = await startWith(context);
  const session = await holdSession(world);
  const stopped = world.server.stop();
  await until('the end of readiness', async () => (await world.server.get('/readyz')).status === 503);
  assert.ok(session.isRunning);
  const since = performance.now();
  world.server.process.kill('SIGTERM');
  assert.equal(await stopped, 1);
  assert.ok(performance.now() - since < 3_000);
  assert.notEqual((await session.ended).status, 0);
  await until('git is gone', () => gitProcesses(world.server.data).length === 0);
});

test('when the grace period is over, sessions end with a word', async (context) => {
  const world = await startWith(context, '--shutdown-grace-period', '1s');
  const session = await holdSession(world);
  const stopped = world.server.stop();
  const { status, stderr } = await session.ended;
  assert.equal(status, 1);
  assert.match(stderr, /git-ingress: session ended: the server is shutting down/);
  assert.equal(await stopped, 0);
});

test('sessions have a longest duration', async (context) => {
  const world = await startWith(context, '--sessions-max-duration', '1s');
  const { status, stderr } = await (await holdSession(world)).ended;
  assert.equal(status, 1);
  assert.match(stderr, /session ended: no session may take longer than 1 ?s here/);
  await outcomeIs(world, 'MaxDuration');
});

test('idle sessions end where that is wanted, and idle connections everywhere', async (context) => {
  const world = await startWith(context, '--sessions-idle-timeout', '1s', '--connections-idle-timeout', '2s');
  const idle = await holdSession(world);
  const connection = world.client('alice').startSsh(['-N']);
  const { stderr } = await idle.ended;
  assert.match(stderr, /session ended: no data went either way for 1 ?s/);
  await outcomeIs(world, 'IdleTimeout');
  assert.match((await connection.ended).stderr, /no session was open for too long/);
  await world.server.logged('the end of the login', ({ msg, reason }) => msg === 'login ended' && reason === 'Idle');
});

const protocolV2 = sshOptionList('SetEnv=GIT_PROTOCOL=version=2');

const requestTimeouts = (world: World): Promise<number> =>
  world.server.metric('git_ingress_sessions_total', 'outcome="RequestTimeout"');

test('a reader that asks for nothing, or never ends its request, is ended; a hook before a push is waited for', async (context) => {
  const world = await startWith(context, '--sessions-request-timeout', '1s');
  const alice = world.client('alice');
  const source = await makeWorkTree(world.home);
  await source.commit();
  const gate = join(world.home, 'gate');
  const hook = `#!/bin/sh\nuntil [ -e '${gate}' ]; do sleep 0.05; done\n`;
  writeFileSync(join(source.folder, '.git/hooks/pre-push'), hook, { mode: 0o755 });
  const push = alice.startGit(source.folder, ['push', '--quiet', alice.url('team/app'), 'main']);
  const silent = await holdSession(world);
  const half = await holdSession(world, ...protocolV2);
  half.write('0014command=ls-refs\n0001');
  const archive = alice.startSsh(["git-upload-archive 'team/app'"]);
  archive.write('0012');
  for (const session of [silent, half, archive]) {
    const { status, stderr } = await session.ended;
    assert.equal(status, 1);
    assert.match(stderr, /session ended: nothing was asked for within 1s/);
  }
  await outcomeIs(world, 'RequestTimeout');
  await until('they are counted', async () => (await requestTimeouts(world)) === 3);
  assert.ok(push.isRunning);
  writeFileSync(gate, '');
  assert.equal((await push.ended).status, 0);
  for (const version of [0, 1, 2]) {
    await alice.mustGit(world.home, [
      '-c',
      `protocol.version=${version}`,
      'clone',
      alice.url('team/app'),
      `v${version}`,
    ]);
  }
  assert.equal(await requestTimeouts(world), 3);
});

test('a reader that has asked may count as long as it likes, a push that says nothing has its time too', async (context) => {
  const world = await startWith(context, '--sessions-request-timeout', '1s', '--sessions-push-timeout', '3s');
  const asked = await holdSession(world, ...protocolV2);
  asked.write('0014command=ls-refs\n0000');
  const push = world.client('alice').startSsh(["git-receive-pack 'team/app'"]);
  const { status, stderr } = await push.ended;
  assert.equal(status, 1);
  assert.match(stderr, /session ended: nothing was asked for within 3s/);
  assert.ok(asked.isRunning);
  asked.write('0000');
  assert.equal((await asked.ended).status, 0);
});

test('a client that gives no sign of life is gone, one that is only silent stays', async (context) => {
  const world = await startWith(context, '--ssh-keepalive-interval', '1s', '--ssh-keepalive-max-missed', '2');
  const dead = await holdSession(world);
  // It asks us for signs of life as well.
  const silent = await holdSession(world, ...sshOptionList('ServerAliveInterval=1', 'ServerAliveCountMax=1'));
  kill(dead.pid, 'SIGSTOP');
  await outcomeIs(world, 'ClientLeft');
  await until('one git', () => gitProcesses(world.server.data).length === 1);
  assert.ok(silent.isRunning);
  silent.write('0000');
  assert.equal((await silent.ended).status, 0);
  dead.signal('SIGKILL');
});
