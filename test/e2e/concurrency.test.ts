import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startAgent } from '../harness/agent.ts';
import { makeKey, sshOptionList } from '../harness/client.ts';
import { grant } from '../harness/manifest.ts';
import type { Running } from '../harness/run.ts';
import { until } from '../harness/wait.ts';
import { makeWorkTree } from '../harness/work-tree.ts';
import { startWorld, type World } from '../harness/world.ts';

const access = { users: { alice: {}, bob: {} }, repositories: { app: { access: [grant('Write', 'alice', 'bob')] } } };
const world = await startWorld({ after }, access);
/** The same with bounds that are quickly reached. */
const strict = await startWorld(
  { after },
  {
    ...access,
    args: [
      ...['--login-grace-time', '1s', '--login-max-attempts', '4', '--login-max-pending-per-address', '3'],
      ...['--login-exempt-ranges', '127.0.0.2/32', '--connections-max-per-user', '2'],
      ...['--sessions-max-per-connection', '2'],
    ],
  },
);
const { server, home } = strict;

test('a hundred pushes at once to a hundred branches of one repository all arrive', async () => {
  const alice = world.client('alice');
  const tree = await makeWorkTree(world.home);
  const first = await tree.commit();
  const names = Array.from({ length: 100 }, (_, index) => `branch-${index}`);
  const author = 'committer Test <test@example.com> 1700000000 +0000';
  await tree.import(
    names.map((name) => `commit refs/heads/${name}\n${author}\ndata 4\n${name.slice(-3)}.\nfrom ${first}\n\n`).join(''),
  );
  const url = alice.url('team/app');
  const pushes = names.map((name) => alice.git(tree.folder, ['push', '--quiet', url, name], { timeout: 120_000 }));
  for (const { status, stderr } of await Promise.all(pushes)) assert.equal(status, 0, stderr);
  const store = await makeWorkTree(world.home, world.store('app'));
  const heads = (at: typeof tree): Promise<string> =>
    at.git('for-each-ref', '--format=%(refname) %(objectname)', 'refs/heads/branch-*').then(({ stdout }) => stdout);
  assert.equal(await heads(store), await heads(tree));
  await store.git('fsck', '--strict', '--full');
  assert.equal(await world.server.metric('git_ingress_sessions_total', 'verb="receive-pack",outcome="Completed"'), 100);
});

test('twenty clones at once all succeed', async () => {
  const alice = world.client('alice');
  const url = alice.url('team/app');
  const clones = Array.from({ length: 20 }, (_, index) =>
    alice.git(world.home, ['clone', '--quiet', url, `clone-${index}`]),
  );
  for (const { status, stderr } of await Promise.all(clones)) assert.equal(status, 0, stderr);
});

/** A session that waits for what the client wants, once it runs. */
async function holdSession(user: string, ...options: readonly string[]): Promise<Running> {
  const session = strict.client(user, options).startSsh(["git-upload-pack 'team/app'"]);
  await until('git', () => session.stdout !== '' || (!session.isRunning && session.stderr !== ''));
  return session;
}

async function release(...sessions: readonly Running[]): Promise<void> {
  for (const session of sessions) session.write('0000');
  for (const session of sessions) assert.equal((await session.ended).status, 0);
}

test('one user has so many connections and no more', async () => {
  const held = [await holdSession('alice'), await holdSession('alice')];
  const third = await strict.client('alice').ssh([]);
  assert.equal(third.status, 255);
  assert.match(third.stderr, /you have too many connections open/);
  await server.logged('the refusal', ({ msg, reason, audit }) => {
    return msg === 'login failed' && reason === 'TooManyConnectionsOfUser' && audit === true;
  });
  assert.equal((await strict.client('bob').ssh([])).status, 0);
  await release(...held);
  await until('room again', async () => (await strict.client('alice').ssh([])).status === 0);
});

test('one connection has so many sessions and no more', async () => {
  const path = join(home, 'control');
  const client = strict.client('alice', sshOptionList(`ControlPath=${path}`));
  const master = strict.client('alice', sshOptionList('ControlMaster=yes', `ControlPath=${path}`)).startSsh(['-N']);
  await until('the master', async () => (await client.ssh(['-O', 'check'])).status === 0);
  const held = [
    await holdSession('alice', ...sshOptionList(`ControlPath=${path}`)),
    await holdSession('alice', ...sshOptionList(`ControlPath=${path}`)),
  ];
  const third = client.startSsh([]);
  await until('the refusal', () => third.stderr.includes('Session open refused by peer'));
  third.signal('SIGKILL');
  await release(...held);
  master.signal('SIGTERM');
  await master.ended;
});

test('one connection has so many tries', async () => {
  const socket = join(home, 'agent');
  const strangers = await Promise.all([0, 1, 2, 3, 4].map((index) => makeKey(home, `stranger-${index}`)));
  await startAgent({ after }, socket, {
    publicKeys: strangers.map(({ publicKey }) => publicKey),
    sign: () => undefined,
  });
  const options = sshOptionList(`IdentityAgent=${socket}`, 'IdentitiesOnly=no', 'IdentityFile=none');
  const outcome = await strict.client('alice', options).ssh([]);
  assert.equal(outcome.status, 255);
  assert.match(outcome.stderr, /too many authentication failures/);
  const { offered } = await server.logged('the refusal', ({ msg, reason, audit }) => {
    return msg === 'login failed' && reason === 'TooManyAttempts' && audit === true;
  });
  assert.equal((offered as readonly unknown[]).length, 5);
});

async function open(world: World, first = ''): Promise<Socket & { ended: Promise<number> }> {
  const socket = connect(world.server.port, '127.0.0.1');
  const since = performance.now();
  const ended = new Promise<number>((resolve) => socket.once('close', () => resolve(performance.now() - since)));
  socket.on('error', () => {}).resume();
  await new Promise<void>((resolve) => socket.once('data', () => resolve()));
  socket.write(first);
  return Object.assign(socket, { ended });
}

test('whoever does not log in is gone after the grace time, and is bounded in number until then', async () => {
  await until('nobody else', async () => (await server.metric('git_ingress_connections_pending')) === 0);
  const silent = [await open(strict), await open(strict, 'SSH-2.0-slow\r\n'), await open(strict, 'SSH-2.0-')];
  const refused = await strict.client('bob').ssh([]);
  assert.equal(refused.status, 255);
  assert.equal(await server.metric('git_ingress_connections_refused_total', 'reason="TooManyPendingFromAddress"'), 1);
  await server.logged('the refusal', ({ msg, reason }) => {
    return msg === 'connection refused' && reason === 'TooManyPendingFromAddress';
  });
  // A load balancer's address stands for many.
  assert.equal((await strict.client('bob', ['-b', '127.0.0.2']).ssh([])).status, 0);

  const durations = await Promise.all(silent.map(({ ended }) => ended));
  for (const duration of durations) assert.ok(duration > 900 && duration < 3_000, `${duration} ms`);
  const late = (): Promise<number> => server.metric('git_ingress_login_failures_total', 'reason="GraceTimeExceeded"');
  await until('all three are counted', async () => (await late()) === 3);
  assert.equal((await strict.client('bob').ssh([])).status, 0);
});
