import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { createRepositoryDialer } from '../../gateway/link/dialer.ts';
import type { RepositorySession } from '../../gateway/ports.ts';
import { endLeftovers } from '../../repository/leftovers.ts';
import { createRepositoryServer } from '../../repository/server.ts';
import type { Running } from '../harness/run.ts';
import { createBridge } from './bridge.ts';
import { createHeldHook, type HeldHook } from './held-hook.ts';
import {
  assertGood,
  buildRequest,
  createSurroundings,
  type Surroundings,
  startGitClient,
  uid,
  until,
} from './surroundings.ts';

/** Names of what an interrupted git could leave behind in a bare repository. */
async function findRemains(bare: string): Promise<readonly string[]> {
  const names = await readdir(bare, { recursive: true });
  return names.filter((name) => /\.lock$|tmp_|incoming-/.test(name));
}

describe('a push whose pack has arrived', () => {
  let folder: string;
  let held: HeldHook;
  let world: Surroundings;
  let push: Running;
  let commit: string;

  beforeEach(async (context) => {
    folder = await mkdtemp(join(tmpdir(), 'held-'));
    held = await createHeldHook(folder);
    world = await createSurroundings({ hooksDir: held.hooksDir });
    assert.ok('after' in context);
    context.after(async () => {
      await world.close();
      await rm(folder, { recursive: true });
    });
    await world.git('init', '-q', '-b', 'main', 'work');
    await world.git('-C', 'work', 'commit', '-q', '--allow-empty', '-m', 'one');
    commit = (await world.git('-C', 'work', 'rev-parse', 'HEAD')).stdout.trim();
    push = world.startGit('-C', 'work', 'push', 'writer:app', 'main');
    await until(held.reached);
  });

  const bare = () => join(world.dataDir, 'repositories', uid, 'repository.git');
  const running = (): RepositorySession => [...world.bridge.sessions][0] ?? assert.fail('no session');

  async function assertNothingKept(): Promise<void> {
    await until(async () => (await endLeftovers(world.dataDir)) === 0);
    await until(async () => (await findRemains(bare())).length === 0);
    assert.equal((await world.git('-C', bare(), 'cat-file', '-e', commit)).status, 1);
    assert.equal((await world.git('-C', bare(), 'for-each-ref')).stdout, '');
  }

  async function assertNextPushWorks(): Promise<void> {
    await held.release();
    assertGood(await world.git('-C', 'work', 'push', '-q', 'writer:app', 'main'));
    assertGood(await world.git('-C', bare(), 'fsck', '--strict'));
  }

  test('lands when it is let', async () => {
    await held.release();
    assertGood(await push.ended);
  });

  test('does not land when the session is cancelled', async () => {
    const session = running();
    session.cancel('the key expired');
    assert.equal(await session.ended, 143);
    const ended = world.events.findLast((event) => event.type === 'SessionEnded');
    assert.deepEqual([ended?.outcome, ended?.reason], ['Cancelled', 'the key expired']);
    await held.release();
    assert.notEqual((await push.ended).status, 0);
    await assertNothingKept();
    await assertNextPushWorks();
  });

  test('does not land when its client is killed, and leaves no process and no lock', async () => {
    push.signal('SIGKILL');
    await until(() => world.bridge.sessions.size === 0);
    await assertNothingKept();
    await assertNextPushWorks();
  });

  test('does not land when git is killed', async () => {
    const session = running();
    const spawned = world.events.findLast((event) => event.type === 'GitSpawned');
    assert.ok(spawned?.type === 'GitSpawned');
    process.kill(spawned.pid, 'SIGKILL');
    assert.equal(await session.ended, 137);
    assert.notEqual((await push.ended).status, 0);
    await assertNothingKept();
    await assertNextPushWorks();
  });

  test('is waited for when the server drains, while new sessions are turned away', async () => {
    const closed = world.server.close();
    const late = world.git('ls-remote', 'reader:app');
    await held.release();
    assertGood(await push.ended);
    await closed;
    assert.match((await late).stderr, /cannot be reached/);
  });

  test('does not land when the server ends at once', async () => {
    await world.server.destroy();
    assert.notEqual((await push.ended).status, 0);
    await assertNothingKept();
  });
});

describe('a repository server that is killed', () => {
  const keys = generateKeyPairSync('ed25519');
  let folder: string;
  let held: HeldHook;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'killed-'));
    held = await createHeldHook(folder);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function startServer(context: TestContext): Promise<ChildProcess> {
    const options = {
      path: join(folder, 'link.sock'),
      dataDir: join(folder, 'data'),
      publicKey: keys.publicKey.export({ type: 'spki', format: 'pem' }),
      hooksDir: held.hooksDir,
    };
    const program = fileURLToPath(new URL('./repository-process.ts', import.meta.url));
    const child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] });
    context.after(() => child.kill('SIGKILL'));
    let listening = false;
    child.stdout?.on('data', () => {
      listening = true;
    });
    await until(() => listening);
    return child;
  }

  test('in mid-push: nothing is half there, no process stays, sessions go on when it is back', async (context) => {
    const first = await startServer(context);
    const dialer = createRepositoryDialer({
      address: { path: join(folder, 'link.sock') },
      podName: 'pool-0',
      signingKey: keys.privateKey,
      log: pino({ level: 'silent' }),
    });
    const bridge = await createBridge(join(folder, 'bridge.sock'), dialer, (host) => buildRequest(host, 'upload-pack'));
    const git = (...words: string[]) => startGitClient(folder, bridge, words);
    await git('init', '-q', '-b', 'main', 'work').ended;
    await git('-C', 'work', 'commit', '-q', '--allow-empty', '-m', 'one').ended;
    const push = git('-C', 'work', 'push', 'writer:app', 'main');
    await until(held.reached);

    await assert.rejects(createRepositoryServer({ ...(await sameFolder()) }), { code: 'DATA_IN_USE' });
    first.kill('SIGKILL');
    const lost = await push.ended;
    assert.match(lost.stderr, /connection to the repository server was lost/);

    const listing = git('ls-remote', 'reader:app').ended; // Before the server is back: it waits for it.
    const bare = join(folder, 'data', 'repositories', uid, 'repository.git');
    await writeFile(join(bare, 'refs/heads/main.lock'), '');
    await writeFile(join(bare, 'packed-refs.lock'), '');
    const second = await startServer(context);
    assert.equal(await endLeftovers(join(folder, 'data')), 0);
    assert.equal(assertGood(await listing).stdout, '');
    assert.deepEqual(await findRemains(bare), []);
    await held.release();
    assertGood(await git('-C', 'work', 'push', 'writer:app', 'main').ended);
    assertGood(await git('-C', bare, 'fsck', '--strict').ended);

    second.kill('SIGTERM');
    assert.equal(await new Promise((resolve) => second.on('exit', resolve)), 0);
    bridge.close();
    await dialer.close();
  });

  const sameFolder = async () => ({
    listen: { path: join(folder, 'link.sock') },
    dataDir: join(folder, 'data'),
    podName: 'pool-0',
    linkPublicKeys: [keys.publicKey],
    maxSessions: 1,
    maxQueued: 1,
    onEvent: () => {},
  });
});

describe('a full server', () => {
  test('lets sessions wait in turn, turns the next away, and forgets those that give up', async (context) => {
    const git = fileURLToPath(new URL('./stand-in-git.sh', import.meta.url));
    const world = await createSurroundings({ git, maxSessions: 1, maxQueued: 2 });
    context.after(() => world.close());
    let users = 0;
    const open = (signal = new AbortController().signal) => {
      const user = { namespace: 'team-a', name: `user-${++users}` };
      const request = { ...buildRequest('reader', 'upload-pack'), gitProtocol: 'echo' };
      return world.dialer.open(
        { ...request, identity: { kind: 'User', user, groups: [], access: 'ReadWrite' } },
        signal,
      );
    };
    const queued = (count: number) =>
      until(() => {
        const event = world.events.findLast(({ type }) => type === 'QueueChanged');
        return event?.type === 'QueueChanged' && event.queued === count;
      });

    const first = await open();
    const impatient = new AbortController();
    const second = open(impatient.signal);
    const third = open();
    await queued(2);
    await assert.rejects(open(), { code: 'Busy' });
    impatient.abort();
    await assert.rejects(second, { code: 'Cancelled' });
    await queued(1);
    first.end();
    await first.ended;
    (await third).end();
    assert.equal(await (await third).ended, 0);
  });
});

describe('no repository server', () => {
  test('is told when patience ends', async () => {
    const dialer = createRepositoryDialer({
      address: { host: '127.0.0.1', port: 1 },
      podName: 'pool-0',
      signingKey: generateKeyPairSync('ed25519').privateKey,
      log: pino({ level: 'silent' }),
      patience: 200,
    });
    const began = performance.now();
    await assert.rejects(dialer.open(buildRequest('reader', 'upload-pack'), new AbortController().signal), {
      code: 'Unreachable',
    });
    assert.ok(performance.now() - began < 2_000);
    const given = dialer.open(buildRequest('reader', 'upload-pack'), AbortSignal.abort());
    await assert.rejects(given, { code: 'Cancelled' });
    await dialer.close();
  });
});
