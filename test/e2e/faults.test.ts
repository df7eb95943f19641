import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Client, createClient } from '../harness/client.ts';
import { createGate } from '../harness/gate.ts';
import { grant } from '../harness/manifest.ts';
import { buildPackBomb } from '../harness/pack-bomb.ts';
import { childrenOf, gitProcesses, kill, listProcesses, type Process } from '../harness/processes.ts';
import type { Running } from '../harness/run.ts';
import { type Scope, type Standalone, startStandalone } from '../harness/standalone.ts';
import { until } from '../harness/wait.ts';
import { makeWorkTree, randomFile } from '../harness/work-tree.ts';
import { startWorld } from '../harness/world.ts';

/** For servers that one test starts and the next goes on with. */
const endings: (() => void | Promise<void>)[] = [];
after(async () => {
  for (const end of endings) await end();
});
const wholeFile: Scope = { after: (end) => void endings.push(end) };

const world = await startWorld(wholeFile, {
  users: { alice: {} },
  repositories: { app: { access: [grant('Maintain', 'alice')] } },
});
const { home } = world;
let server = world.server;
let alice = world.client('alice');
const url = (): string => alice.url('team/app');

const tree = await makeWorkTree(home);
await tree.commit();
await alice.mustGit(tree.folder, ['push', '--quiet', url(), 'main']);
await tree.import(randomFile('big', 8));
const big = await tree.resolve('big');
const store = await makeWorkTree(home, world.store('app'));
const refs = async (): Promise<string> => (await store.git('for-each-ref')).stdout;

/** A push of which a part has arrived, and the rest will not before its gate opens. */
async function pushHalfway(client: Client = alice): Promise<Running> {
  const gate = createGate(client, home, { uploadAfter: 2 * 2 ** 20 });
  const push = client.startGit(tree.folder, ['push', url(), 'big'], { env: gate.env });
  await until('a part of the pack', () =>
    readdirSync(join(store.folder, 'objects')).some((name) => name.includes('incoming-')),
  );
  return push;
}

const repositoryServer = (of: Standalone = server): Promise<Process> =>
  until('the repository server', () =>
    childrenOf(of.process.pid).find(({ command }) => command.includes(' repository ')),
  );

/** Nothing of the push is to be seen, nothing else is lost, and the next push works. */
async function assertUnharmed(before: string): Promise<void> {
  await until('git is gone', () => gitProcesses(server.data).length === 0);
  assert.equal(await refs(), before);
  await assert.rejects(store.git('cat-file', '-e', big));
  await tree.commit();
  await alice.mustGit(tree.folder, ['push', '--quiet', url(), 'main']);
  const leftovers = (): readonly string[] =>
    readdirSync(store.folder, { recursive: true })
      .map(String)
      .filter((name) => /\.lock$|incoming-|tmp_/.test(name));
  await until('nothing is left', () => leftovers().length === 0);
  const { stderr } = await store.git('fsck', '--strict', '--full');
  assert.doesNotMatch(stderr, /error|warning|missing|corrupt/);
  assert.equal((await server.get('/readyz')).status, 200);
}

/** Starts on what the last server left behind. */
async function startAgain(): Promise<void> {
  server = await startStandalone(wholeFile, { home, manifests: {} });
  alice = createClient(server, world.key('alice'));
}

const exited = (program: Standalone['process']): Promise<unknown> =>
  until('its end', () => program.exitCode !== null || program.signalCode !== null);

test('a client that is killed in mid-push leaves nothing', async () => {
  const before = await refs();
  const push = await pushHalfway();
  push.signal('SIGKILL');
  await server.logged('its end', ({ msg, outcome, verb }) => {
    return msg === 'session ended' && outcome === 'ClientLeft' && verb === 'receive-pack';
  });
  await assertUnharmed(before);
});

test('a git that is killed in mid-push leaves nothing', async () => {
  const before = await refs();
  const push = await pushHalfway();
  const git = gitProcesses(server.data).find(({ command }) => command.includes('receive-pack'));
  kill(git?.pid);
  assert.notEqual((await push.ended).status, 0);
  await server.logged('its end', ({ msg, outcome, exitStatus }) => {
    return msg === 'session ended' && outcome === 'Failed' && exitStatus === 137;
  });
  await assertUnharmed(before);
});

test('a repository server that is killed in mid-push is started again', async () => {
  const before = await refs();
  const { pid } = await repositoryServer();
  const push = await pushHalfway();
  kill(pid);
  const { status, stderr } = await push.ended;
  assert.notEqual(status, 0);
  const told = /git-ingress: the connection to the repository server was lost \(correlation id (\w+)\)/;
  const correlationId = told.exec(stderr)?.[1];
  assert.ok(correlationId, stderr);
  const audited = await server.logged(
    'the fault',
    (line) => line.correlationId === correlationId && line.audit === true,
  );
  assert.equal(audited.outcome, 'Fault');
  // Whoever comes while it starts again waits for it.
  await alice.mustGit(home, ['ls-remote', url()]);
  assert.notEqual((await repositoryServer()).pid, pid);
  await assertUnharmed(before);
});

test('after kill -9 of everything, what was accepted is there, and nothing else', async () => {
  const commit = await tree.commit();
  const halfway = await pushHalfway();
  const accepted = await alice.mustGit(tree.folder, ['push', '--porcelain', url(), 'main:accepted']);
  const processes = [await repositoryServer(), ...gitProcesses(server.data)];
  for (const pid of [server.process.pid, ...processes.map((each) => each.pid)]) kill(pid);
  assert.match(accepted.stdout, /\[new branch\]/);
  const before = await refs();
  assert.ok(before.includes(`${commit} commit\trefs/heads/accepted`));
  assert.notEqual((await halfway.ended).status, 0);
  await startAgain();
  await assertUnharmed(before);
});

test('a gateway that is killed takes its repository server and its sessions along', async () => {
  const before = await refs();
  const { pid } = await repositoryServer();
  const push = await pushHalfway();
  kill(server.process.pid);
  assert.notEqual((await push.ended).status, 0);
  await until('the repository server is gone', () => listProcesses().every((each) => each.pid !== pid));
  await startAgain();
  await assertUnharmed(before);
});

test('a git that outlived its server is ended by the next one', async () => {
  const before = await refs();
  const servers = [server.process.pid, (await repositoryServer()).pid];
  const push = await pushHalfway();
  for (const { pid } of gitProcesses(server.data)) kill(pid, 'SIGSTOP');
  for (const pid of servers) kill(pid);
  assert.notEqual((await push.ended).status, 0);
  assert.notEqual(gitProcesses(server.data).length, 0);
  await startAgain();
  assert.equal(gitProcesses(server.data).length, 0);
  await assertUnharmed(before);
});

test('a second start keeps host keys and data', async () => {
  const before = await refs();
  const { process } = server;
  assert.equal(await server.stop(), 0);
  await exited(process);
  assert.equal(gitProcesses(server.data).length, 0);
  await startAgain();
  // This client knows the host keys of the first start.
  const { stdout } = await alice.mustGit(home, ['ls-remote', url(), 'refs/heads/main']);
  assert.ok(before.includes(stdout.slice(0, 40)));
  await assertUnharmed(before);
});

const gibibyte = 2 ** 30;

/** A push of a megabyte whose tree is larger than a GiB. */
function pushBomb(client: Client): Running {
  const session = client.startSsh(["git-receive-pack 'team/app'"], { timeout: 60_000 });
  const command = `${'0'.repeat(40)} ${'1'.repeat(40)} refs/heads/bomb\0report-status`;
  session.write(`${(command.length + 4).toString(16).padStart(4, '0')}${command}0000`);
  session.write(buildPackBomb(gibibyte + 100 * 2 ** 20));
  return session;
}

/** The most memory that any git of a server has held so far, in bytes. */
const mostHeld = (of: Standalone): number =>
  Math.max(0, ...gitProcesses(of.data).map(({ pid }) => 1_024 * Number(statusOf(pid, 'VmHWM'))));

function statusOf(pid: number, field: string): string | undefined {
  try {
    return new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

test('a pack that unfolds to gigabytes takes no more memory than git may have', async (context) => {
  const start = (limit: string): ReturnType<typeof startWorld> =>
    startWorld(context, {
      users: { alice: {} },
      repositories: { app: { access: [grant('Maintain', 'alice')] } },
      args: ['--repository-max-git-memory', limit],
    });
  const unbounded = await start('0');
  const harm = pushBomb(unbounded.client('alice'));
  await until('more memory than may be', () => mostHeld(unbounded.server) > gibibyte);
  harm.signal('SIGKILL');
  await until('git is gone', () => gitProcesses(unbounded.server.data).length === 0);

  const bounded = await start('1GiB');
  const { stdout, stderr } = await pushBomb(bounded.client('alice')).ended;
  assert.match(stderr, /fatal: Out of memory, malloc failed/);
  assert.match(stdout, /unpack .*ng refs\/heads\/bomb/s);
  // The server has the limit too, and is far from it.
  const { pid } = await repositoryServer(bounded.server);
  assert.ok(1_024 * Number(statusOf(pid, 'VmData')) < 0.75 * gibibyte);
  await bounded.client('alice').mustGit(home, ['ls-remote', bounded.client('alice').url('team/app')]);
});
