import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { PushReport } from '../../core/link/push-report.ts';
import { grant } from '../harness/manifest.ts';
import type { Outcome } from '../harness/run.ts';
import type { LogLine } from '../harness/standalone.ts';
import { until } from '../harness/wait.ts';
import { makeWorkTree } from '../harness/work-tree.ts';
import { startWorld } from '../harness/world.ts';

const everyone = [{ kind: 'Everyone' }];
const protectedRefs = ['refs/heads/release/**', 'refs/tags/v*'];

const world = await startWorld(
  { after },
  {
    users: { alice: {}, bob: {}, carol: {} },
    repositories: {
      app: {
        access: [grant('Maintain', 'alice', 'carol'), grant('Write', 'bob')],
        refRules: [
          { refs: ['refs/heads/main'], actions: ['Rewind', 'Delete'], effect: 'Deny', subjects: everyone },
          { refs: protectedRefs, actions: ['Create'], effect: 'Allow', subjects: [{ kind: 'User', name: 'alice' }] },
          {
            refs: protectedRefs,
            actions: ['Create', 'Update', 'Rewind', 'Delete'],
            effect: 'Deny',
            subjects: everyone,
          },
          { refs: ['refs/heads/**'], actions: ['Delete'], effect: 'Deny', enforcement: 'Warn', subjects: everyone },
        ],
      },
    },
  },
);
const { server } = world;
const alice = world.client('alice');
const bob = world.client('bob');
const carol = world.client('carol');
const url = alice.url('team/app.git');
const rule = (index: number): string => `(Repository team/app spec.refRules[${index}])`;
const defaultBranch = '(Repository team/app spec.defaultBranch)';

const tree = await makeWorkTree(world.home);
const first = await tree.commit();
const second = await tree.commit();
await alice.mustGit(tree.folder, [
  'push',
  '--quiet',
  url,
  'main',
  'main:feature',
  'main:release/1',
  'main:refs/tags/v1',
]);
const store = await makeWorkTree(world.home, world.store('app'));
const refsNow = async (): Promise<string> => (await store.git('for-each-ref')).stdout;

function assertRefused(outcome: Outcome, ...lines: readonly string[]): void {
  assert.equal(outcome.status, 1, outcome.stderr);
  for (const line of lines) {
    assert.ok(outcome.stderr.includes(`remote: ${line}`), `${line}\nis not in:\n${outcome.stderr}`);
  }
  assert.match(outcome.stderr, /remote: nothing of this push was kept/);
  assert.match(outcome.stderr, /\[remote rejected\].*\(pre-receive hook declined\)/);
}

/** The audit line of the push that named a ref of its own. */
const auditOf = (ref: string): Promise<LogLine> =>
  server.logged(`the push of ${ref}`, ({ audit, push }) => audit === true && JSON.stringify(push ?? '').includes(ref));

test('a rule refuses what the role would allow, and is named', async () => {
  const before = await refsNow();
  assertRefused(
    await alice.git(tree.folder, ['push', '--force', url, `${first}:main`]),
    `refused refs/heads/main: rewinding refs/heads/main is forbidden ${rule(0)}`,
  );
  assertRefused(
    await alice.git(tree.folder, ['push', url, ':main']),
    `refused refs/heads/main: deleting refs/heads/main is forbidden ${defaultBranch}`,
  );
  assert.equal(await refsNow(), before);
});

test('the role comes first', async () => {
  const role = 'needs the role Maintain, yours is Write (Repository team/app spec.access[1])';
  assertRefused(
    await bob.git(tree.folder, ['push', '--force', url, `${first}:feature`]),
    `refused refs/heads/feature: rewinding a ref ${role}`,
  );
  assertRefused(
    await bob.git(tree.folder, ['push', url, ':feature']),
    `refused refs/heads/feature: deleting a ref ${role}`,
  );
  // Though rule 3 would only warn of a deletion.
  assert.match(await refsNow(), /refs\/heads\/feature/);
});

test('one push is refused as a whole, each refused ref with its rule', async () => {
  const before = await refsNow();
  const third = await tree.commit();
  await tree.git('tag', '--force', 'v1', third);
  for (const option of ['--no-atomic', '--atomic']) {
    assertRefused(
      await carol.git(tree.folder, [
        ...['push', '--force', option, url],
        ...[`${first}:main`, 'main:whole-push', 'main:release/1', 'main:release/2', 'v1'],
      ]),
      `refused refs/heads/main: rewinding refs/heads/main is forbidden ${rule(0)}`,
      `refused refs/heads/release/1: updating refs/heads/release/1 is forbidden ${rule(2)}`,
      `refused refs/heads/release/2: creating refs/heads/release/2 is forbidden ${rule(2)}`,
      `refused refs/tags/v1: rewinding refs/tags/v1 is forbidden ${rule(2)}`,
    );
  }
  assert.equal(await refsNow(), before);

  const { push, outcome, exitStatus, who, decision } = await auditOf('refs/heads/whole-push');
  assert.deepEqual(
    { outcome, exitStatus, who, decision },
    {
      outcome: 'Completed',
      exitStatus: 0,
      who: 'GitUser team/carol',
      decision: 'allow',
    },
  );
  const { refs, ...summary } = push as { refs: readonly { ref: string }[] };
  const counts = [
    { action: 'Create', verdict: 'allow', refs: 1 },
    { action: 'Create', verdict: 'deny', refs: 1 },
    { action: 'Update', verdict: 'deny', refs: 1 },
    { action: 'Rewind', verdict: 'deny', refs: 2 },
  ];
  assert.deepEqual(summary, { accepted: false, total: 5, landed: 0, counts });
  // Refused first, and of these what takes something away.
  assert.deepEqual(
    refs.map(({ ref }) => ref),
    ['refs/heads/main', 'refs/tags/v1', 'refs/heads/release/1', 'refs/heads/release/2', 'refs/heads/whole-push'],
  );
  assert.deepEqual(refs[2], {
    ...{ ref: 'refs/heads/release/1', old: second, new: third, action: 'Update', allow: false },
    ...{ rule: 'Repository team/app spec.refRules[2]', reason: 'RefRule', landed: false },
  });
  assert.deepEqual(refs[4], {
    ...{ ref: 'refs/heads/whole-push', old: '0'.repeat(40), new: third, action: 'Create', allow: true },
    ...{ rule: 'Repository team/app spec.access[0]', landed: false },
  });
});

test('nothing of a refused push is kept', async () => {
  const refused = await tree.commit('refused.txt');
  const counts = async (): Promise<string> => (await store.git('count-objects', '-v')).stdout;
  const before = await counts();
  assertRefused(await carol.git(tree.folder, ['push', url, 'main:release/3']));

  const other = await makeWorkTree(world.home);
  const asked = await alice.git(other.folder, ['fetch', url, refused]);
  assert.notEqual(asked.status, 0);
  assert.match(asked.stderr, new RegExp(`not our ref ${refused}`));
  await assert.rejects(store.git('cat-file', '-e', refused));
  assert.equal(await counts(), before);
  const quarantines = readdirSync(join(store.folder, 'objects')).filter(
    (name) => !/^([0-9a-f]{2}|info|pack)$/.test(name),
  );
  assert.deepEqual(quarantines, []);

  await alice.mustGit(tree.folder, ['push', '--quiet', url, 'main:feature']);
  await alice.mustGit(other.folder, ['fetch', '--quiet', url, refused]);
});

test('a rule in mode Warn lets through, tells the pusher, counts and audits', async () => {
  await alice.mustGit(tree.folder, ['push', '--quiet', url, 'main:to-be-deleted']);
  const warned = (): Promise<number> =>
    server.metric('git_ingress_ref_updates_total', 'action="Delete",verdict="warn"');
  const before = await warned();
  const outcome = await alice.mustGit(tree.folder, ['push', url, ':to-be-deleted', 'main:warned-too']);
  const warning = `warning refs/heads/to-be-deleted: deleting refs/heads/to-be-deleted is forbidden ${rule(3)}`;
  assert.ok(outcome.stderr.includes(`remote: ${warning}`), outcome.stderr);
  assert.doesNotMatch(await refsNow(), /to-be-deleted/);
  const { push } = await auditOf('refs/heads/warned-too');
  const { landed, refs } = push as { landed: number; refs: readonly { rule: string; warning?: string }[] };
  const [deleted] = refs;
  assert.equal(landed, 2);
  assert.equal(deleted?.rule, 'Repository team/app spec.refRules[3]');
  assert.equal(deleted?.warning, 'deleting refs/heads/to-be-deleted is forbidden');
  assert.equal(await warned(), before + 1);
});

test('the first rule that matches subject, ref and action decides', async () => {
  await alice.mustGit(tree.folder, ['push', '--quiet', url, 'main:release/4/hotfix', 'main:refs/tags/v4']);
  assertRefused(
    await alice.git(tree.folder, ['push', '--force', url, `${first}:refs/tags/v4`]),
    `refused refs/tags/v4: rewinding refs/tags/v4 is forbidden ${rule(2)}`,
  );
  assertRefused(
    await carol.git(tree.folder, ['push', url, 'main:refs/tags/v5']),
    `refused refs/tags/v5: creating refs/tags/v5 is forbidden ${rule(2)}`,
  );
  await carol.mustGit(tree.folder, ['push', '--quiet', url, 'main:refs/tags/nightly']);
  const denied = await server.metric('git_ingress_ref_updates_total', 'action="Rewind",verdict="deny"');
  assert.ok(denied > 0);
});

test('a tag that moves is a rewind, also to a descendant; refs that mislead others cannot be pushed', async () => {
  await bob.mustGit(tree.folder, ['push', '--quiet', url, `${first}:refs/tags/moving`]);
  const moved = await bob.git(tree.folder, ['push', '--force', url, `${second}:refs/tags/moving`]);
  assertRefused(moved, 'refused refs/tags/moving: rewinding a ref needs the role Maintain');
  await alice.mustGit(tree.folder, ['push', '--quiet', '--force', url, `${second}:refs/tags/moving`]);
  for (const ref of [`refs/replace/${first}`, 'refs/heads/refs/heads/main', 'refs/heads/HEAD']) {
    const outcome = await alice.git(tree.folder, ['push', url, `${second}:${ref}`]);
    assert.equal(outcome.status, 1);
    assert.match(outcome.stderr, /names a ref that cannot be pushed here/);
  }
});

test('every ref of a large push that landed is in the audit log, in lines that are short enough for it', async () => {
  const created = (): Promise<number> =>
    server.metric('git_ingress_ref_updates_total', 'action="Create",verdict="allow"');
  const before = await created();
  const start = server.audit().length;
  const names = Array.from({ length: 300 }, (_, index) => `refs/heads/of-many/${index}`);
  await bob.mustGit(tree.folder, ['push', '--quiet', url, ...names.map((name) => `${first}:${name}`)]);
  const lines = await until('the audit line', () => {
    const written = server.audit().slice(start);
    return written.at(-1)?.msg === 'session ended' && written;
  });
  const changed = lines.slice(0, -1);
  assert.ok(changed.length > 1);
  assert.deepEqual(new Set(changed.map(({ msg }) => msg)), new Set(['refs changed']));
  for (const field of ['correlationId', 'who', 'key', 'address', 'repository', 'rule'])
    assert.equal(new Set(lines.map((line) => line[field])).size, 1, field);
  for (const line of lines) assert.ok(Buffer.byteLength(JSON.stringify(line)) < 20 * 1024);
  const refs = lines.flatMap(({ push }) => (push as PushReport).refs);
  assert.deepEqual(
    refs.map(({ ref, landed }) => `${ref} ${landed}`).toSorted(),
    names.map((name) => `${name} true`).toSorted(),
  );
  const { total, landed } = (lines.at(-1) ?? assert.fail()).push as PushReport;
  assert.deepEqual([total, landed], [300, 300]);
  assert.equal(await created(), before + 300);
});
