import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { PushReport } from '../../core/link/push-report.ts';
import { createGate } from '../harness/gate.ts';
import { gitUser, grant, manifest, repository, sshKey } from '../harness/manifest.ts';
import { gitProcesses, pause } from '../harness/processes.ts';
import type { Running } from '../harness/run.ts';
import type { LogLine } from '../harness/standalone.ts';
import { until } from '../harness/wait.ts';
import { longHistory, makeWorkTree, randomFile } from '../harness/work-tree.ts';
import { startWorld } from '../harness/world.ts';

/** What the issue promises, in milliseconds. */
const atOnce = 1_000;

const everybody = { access: [grant('Maintain', 'alice', 'bob')] };
const world = await startWorld(
  { after },
  {
    users: { alice: {}, bob: {} },
    keys: { 'alice-desk': { userRef: { name: 'alice' } } },
    repositories: { app: everybody, other: everybody, big: everybody, slow: everybody },
  },
);
const { server, home } = world;
const alice = world.client('alice');
const desk = world.client('alice-desk');
const bob = world.client('bob');

const files = {
  user: (spec: object = {}) => manifest(gitUser('alice', spec)),
  key: (spec: object = {}) =>
    manifest(sshKey('alice', { publicKey: world.key('alice').publicKey, userRef: { name: 'alice' }, ...spec })),
  app: (spec: object = {}) => manifest(repository('app', { ...everybody, ...spec })),
};

/** Puts everything back as it was at the start, and waits until it is in force. */
async function restore(): Promise<void> {
  server.write('users/alice.yaml', files.user());
  server.write('keys/alice.yaml', files.key());
  server.write('repositories/app.yaml', files.app());
  await until('everything as it was', async () => {
    const outcomes = await Promise.all([alice.git(home, ['ls-remote', alice.url('team/app')]), alice.ssh([])]);
    return outcomes.every(({ status }) => status === 0) && outcomes[1].stdout.includes('maintain  team/app');
  });
}

const tree = await makeWorkTree(home);
await tree.commit();
for (const name of ['app', 'other'])
  await alice.mustGit(tree.folder, ['push', '--quiet', alice.url(`team/${name}`), 'main']);

/** The audit line of the session that a program ran, and how long after `since` it was written. */
async function endOf(program: Running, since: number): Promise<{ readonly line: LogLine; readonly after: number }> {
  const { stderr } = await program.ended;
  const line = await server.logged('the end', ({ msg, outcome, time }) => {
    return msg === 'session ended' && outcome === 'Revoked' && Date.parse(String(time)) >= since;
  });
  assert.ok(stderr.includes(`git-ingress: session ended: ${String(line.detail)}\n`), stderr);
  return { line, after: Date.parse(String(line.time)) - since };
}

type Change = {
  readonly name: string;
  readonly verb?: 'upload-pack' | 'receive-pack';
  readonly apply: () => void;
  /** What the user is told. */
  readonly told: string;
  /** Milliseconds from the change to the moment from which on it counts. */
  readonly delay?: number;
};

const changes: readonly Change[] = [
  { name: 'its key is removed', apply: () => server.remove('keys/alice.yaml'), told: 'your key was removed' },
  {
    name: 'its user is suspended',
    apply: () => server.write('users/alice.yaml', files.user({ suspended: true })),
    told: 'your user is suspended',
  },
  { name: 'its user is removed', apply: () => server.remove('users/alice.yaml'), told: 'your key was removed' },
  {
    name: 'its grant is lost',
    apply: () => server.write('repositories/app.yaml', files.app({ access: [grant('Maintain', 'bob')] })),
    told: 'you have no access to the repository any more',
  },
  {
    name: 'the repository is removed',
    apply: () => server.remove('repositories/app.yaml'),
    told: 'the repository is gone',
  },
  {
    name: 'the repository moves away',
    apply: () => server.write('repositories/app.yaml', files.app({ path: 'elsewhere/app' })),
    told: 'the repository is gone',
  },
  {
    name: 'its key expires',
    apply: () => server.write('keys/alice.yaml', files.key({ expiresAt: new Date(Date.now() + 1_500).toISOString() })),
    told: 'your key has expired',
    delay: 1_500,
  },
  {
    name: 'its address is no longer in range',
    apply: () => server.write('keys/alice.yaml', files.key({ sourceRanges: ['10.0.0.0/8', '::1/128'] })),
    told: 'your key may not be used from your address any more',
  },
  {
    name: 'its object becomes invalid',
    apply: () => server.write('keys/alice.yaml', files.key({ publicKey: 'ssh-ed25519 AAAA' })),
    told: 'your key was removed',
  },
  {
    name: 'its key becomes read-only in a push',
    verb: 'receive-pack',
    apply: () => server.write('keys/alice.yaml', files.key({ access: 'ReadOnly' })),
    told: 'this key may only read (SSHKey team/alice spec.access)',
  },
  {
    name: 'the repository is frozen in a push',
    verb: 'receive-pack',
    apply: () => server.write('repositories/app.yaml', files.app({ readOnly: { message: 'frozen' } })),
    told: 'the repository is read-only: frozen (Repository team/app spec.readOnly)',
  },
  {
    name: 'the rules change in a push',
    verb: 'receive-pack',
    apply: () => {
      const rule = { refs: ['refs/heads/main'], actions: ['Delete'], effect: 'Deny', subjects: [{ kind: 'Everyone' }] };
      server.write('repositories/app.yaml', files.app({ refRules: [rule] }));
    },
    told: 'the rules of this repository have changed: push again',
  },
];

for (const { name, verb = 'upload-pack', apply, told, delay = 0 } of changes) {
  test(`a live session ends at once when ${name}`, async () => {
    await restore();
    const bystander = bob.startSsh(["git-upload-pack 'team/other'"]);
    const session = alice.startSsh([`git-${verb} 'team/app'`]);
    await until('both run', () => bystander.stdout !== '' && session.stdout !== '');
    const since = Date.now() + delay;
    apply();
    const { line, after } = await endOf(session, since);
    assert.equal(line.detail, told);
    assert.equal((await session.ended).status, 1);
    assert.ok(after < atOnce, `it took ${after} ms`);
    assert.notEqual(
      (await alice.git(home, [verb === 'upload-pack' ? 'ls-remote' : 'push', alice.url('team/app')])).status,
      0,
    );
    assert.ok(bystander.isRunning);
    bystander.write('0000');
    assert.equal((await bystander.ended).status, 0);
  });
}

test('a live clone ends at once when its key is removed; one by another key of the same user goes on', async () => {
  await restore();
  const source = await makeWorkTree(home);
  await source.import(randomFile('main', 40));
  await alice.mustGit(source.folder, ['push', '--quiet', alice.url('team/big'), 'main']);
  const clone = (client: typeof alice, gate: ReturnType<typeof createGate>, folder: string): Running =>
    client.startGit(home, ['clone', '--quiet', client.url('team/big'), folder], { env: gate.env });
  // Five seconds each.
  const downloadRate = 8 * 2 ** 20;
  const gates = [createGate(alice, home, { downloadRate }), createGate(desk, home, { downloadRate })] as const;
  const ending = clone(alice, gates[0], 'ending');
  const lasting = clone(desk, gates[1], 'lasting');
  const sent = (): Promise<number> => server.metric('git_ingress_sessions');
  await until('both run', async () => (await sent()) === 2);
  await until('both have received something', () => {
    const packs = ['ending', 'lasting'].map((folder) => join(home, folder, '.git/objects/pack'));
    return packs.every((pack) => existsSync(pack) && readdirSync(pack).some((name) => name.startsWith('tmp_pack')));
  });

  const since = Date.now();
  server.remove('keys/alice.yaml');
  const { line, after } = await endOf(ending, since);
  const wholly = Date.now() - since;
  assert.ok(after < atOnce, `the server took ${after} ms`);
  assert.ok(wholly < 2 * atOnce, `until git had ended, it took ${wholly} ms`);
  assert.equal(line.path, 'team/big');
  assert.equal((await ending.ended).status, 128);
  assert.ok(lasting.isRunning);
  gates[1].open();
  assert.equal((await lasting.ended).status, 0);
});

test('a push that is ended while the hook asks does not land', async () => {
  await restore();
  const source = await makeWorkTree(home);
  await source.import(longHistory('main', 30_000));
  const branches = Array.from({ length: 16 }, (_, index) => `b${index}`);
  const url = alice.url('team/slow');
  // Each is somewhere else: two that change in the same way would pose one question.
  const placed = branches.map((name, index) => `main~${index}:refs/heads/${name}`);
  await alice.mustGit(source.folder, ['push', '--quiet', url, 'main', ...placed]);
  const store = await makeWorkTree(home, world.store('slow'));
  const before = (await store.git('for-each-ref')).stdout;
  await source.import('reset refs/heads/aside\nfrom refs/heads/main~29999\n\n');
  await source.git('checkout', '--quiet', 'aside');
  const unwanted = await source.commit();

  // To tell a rewind from an update takes the whole history, once for each branch.
  const push = alice.startGit(source.folder, ['push', '--force', url, ...branches.map((name) => `aside:${name}`)]);
  await until('a question that is held', () =>
    gitProcesses(server.data).find(({ command, pid }) => command.includes('merge-base') && pause(pid)),
  );
  const since = Date.now();
  server.remove('keys/alice.yaml');
  const { after } = await endOf(push, since);
  assert.ok(after < atOnce, `it took ${after} ms`);
  await until('git is gone', () => gitProcesses(server.data).length === 0);
  assert.equal((await store.git('for-each-ref')).stdout, before);
  await assert.rejects(store.git('cat-file', '-e', unwanted));
  await store.git('fsck', '--strict');
});

test('a push that is ended between the verdict and its refs does not land', async () => {
  await restore();
  const url = alice.url('team/app');
  const store = await makeWorkTree(home, world.store('app'));
  const before = (await store.git('for-each-ref')).stdout;
  await tree.commit();
  // git waits for whoever holds this lock.
  const lock = join(store.folder, 'refs/heads/main.lock');
  writeFileSync(lock, '');
  const push = alice.startGit(tree.folder, ['push', url, 'main']);
  const start = server.log.length;
  await until('the verdict', () =>
    server.log.slice(start).find(({ msg, accepted }) => msg === 'push judged' && accepted),
  );
  const since = Date.now();
  server.remove('keys/alice.yaml');
  const { line, after } = await endOf(push, since);
  assert.ok(after < atOnce, `it took ${after} ms`);
  assert.equal(line.verb, 'receive-pack');
  const { accepted, landed, refs } = line.push as PushReport;
  assert.deepEqual([accepted, landed, refs.map((ref) => ref.landed)], [true, 0, [false]]);
  await until('git is gone', () => gitProcesses(server.data).length === 0);
  rmSync(lock, { force: true });
  assert.equal((await store.git('for-each-ref')).stdout, before);
  await restore();
  await alice.mustGit(tree.folder, ['push', '--quiet', url, 'main']);
});
