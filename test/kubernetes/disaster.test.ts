/** etcd is lost, and everything is applied again from an export: everybody logs in as before, and in the meantime too. */
import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { manifestName } from '../../core/index/manifest.ts';
import { createClient, makeKey } from '../harness/client.ts';
import { type Found, prepare, releaseNamespace, startCluster } from '../harness/cluster.ts';
import { createFileScope } from '../harness/file-scope.ts';
import { startGateway, startRepositoryServer } from '../harness/gateway.ts';
import { gitUser, grant, repository, sshKey } from '../harness/manifest.ts';
import { publicKeyOf } from '../harness/random-key.ts';
import { accessOf, readStoredIndex } from '../harness/stored-index.ts';
import { until } from '../harness/wait.ts';
import { startWitness } from '../harness/witness.ts';

const scope = createFileScope({ after });
const cluster = await startCluster(scope);
const { server } = cluster;
const { home } = server;
const kubeconfig = server.kubeconfig('admin');
const repositories = await startRepositoryServer(scope, home);
const gateway = await startGateway(scope, {
  ...{ home, kubeconfig, namespace: releaseNamespace, repository: repositories },
});

const key = await makeKey(home, 'alice');
const alice = createClient(gateway, key);
const numbers = Array.from({ length: 60 }, (_, n) => n);
const paths = numbers.map((n) => `team/app-${n}`);
const logins = Object.fromEntries(
  ['alice', 'suspended', ...numbers.map((n) => `user-${n}`)].map((name) => [name, { publicKey: publicKeyOf(name) }]),
);
logins.alice = { publicKey: key.publicKey };
const witness = startWitness(scope, kubeconfig, { logins, paths });

const manifestObject = async (): Promise<Found> => {
  const found = await cluster.find('AccessIndexShard', `${releaseNamespace}/${manifestName}`);
  assert.ok(found !== undefined);
  return found;
};
const uidOf = async (ref: string): Promise<string> => (await cluster.find('Repository', ref))?.metadata.uid ?? '';
const isAllProgrammed = async (): Promise<boolean> => {
  const objects = [...(await cluster.list('SSHKey')), ...(await cluster.list('Repository'))];
  return objects.every(({ metadata, status }) => {
    const expected = metadata.name === 'suspended' ? 'UserSuspended' : 'Programmed';
    return status?.conditions?.at(-1)?.reason === expected;
  });
};

test('all objects are applied again to an empty etcd: nobody is locked out, and nobody is let in', async (context) => {
  const operator = await cluster.startLeader();
  for (const n of numbers) {
    const name = `user-${n}`;
    await cluster.apply(
      gitUser(name, { groups: [`group-${n % 7}`] }),
      sshKey(name, { publicKey: publicKeyOf(name), userRef: { name } }),
      repository(`app-${n}`, {
        access: [
          grant('Write', name, ...(n === 0 ? ['alice'] : [])),
          { role: 'Read', subjects: [{ kind: 'Group', name: `group-${n % 5}` }] },
        ],
      }),
    );
  }
  await cluster.apply(
    gitUser('alice'),
    sshKey('alice', { publicKey: key.publicKey, userRef: { name: 'alice' } }),
    gitUser('suspended', { suspended: true, groups: ['group-0'] }),
    sshKey('suspended', { publicKey: publicKeyOf('suspended'), userRef: { name: 'suspended' } }),
  );
  await until('everything is programmed', isAllProgrammed);
  const before = await manifestObject();
  const url = alice.url('team/app-0');
  await alice.mustGit(home, ['clone', '-q', url, 'before']);
  const work = join(home, 'before');
  await alice.mustGit(work, ['commit', '-q', '--allow-empty', '-m', 'from before']);
  await alice.mustGit(work, ['push', '-q', 'origin', 'HEAD:main']);
  const uidBefore = await uidOf('team/app-0');
  const access = [...witness.now].sort();
  assert.ok(access.length > numbers.length);
  const { stdout: exported } = await server.mustKubectl([
    ...['get', 'gitusers,sshkeys,repositories', '--all-namespaces', '--output=yaml'],
  ]);

  const outcomes: number[] = [];
  let isOver = false;
  context.after(() => {
    isOver = true;
  });
  const knocking = (async () => {
    while (!isOver) outcomes.push((await alice.ssh([])).status);
  })();
  await server.empty();
  // Its Lease is gone, and may be another's.
  assert.notEqual(await operator.exited, 0);
  await prepare(server);
  await server.mustKubectl(['apply', '-f', '-'], { input: exported });
  assert.equal((await cluster.list('AccessIndexShard')).length, 0);

  const startedAt = performance.now();
  await cluster.startLeader();
  assert.deepEqual([...accessOf(await readStoredIndex(cluster), logins, paths)].sort(), access);
  const isTakenUp = async (): Promise<boolean> =>
    (await gateway.metric('git_ingress_index_revision')) === (await readStoredIndex(cluster)).revision;
  await until('the gateway has taken it up', isTakenUp, 10_000);
  await until('everything is programmed', isAllProgrammed, 20_000);
  context.diagnostic(`programmed ${Math.round(performance.now() - startedAt)} ms after the start of the operator`);
  const { metadata } = await manifestObject();
  assert.notEqual(metadata.uid, before.metadata.uid);
  isOver = true;
  await knocking;
  assert.deepEqual(new Set(outcomes), new Set([0]));
  assert.deepEqual([...witness.granted].sort(), access);
  await cluster.verifyIndex();

  const folder = join(repositories.data, 'repositories');
  renameSync(join(folder, uidBefore), join(folder, await uidOf('team/app-0')));
  await alice.mustGit(home, ['clone', '-q', url, 'after']);
  const { stdout: subject } = await alice.mustGit(join(home, 'after'), ['log', '--format=%s']);
  assert.equal(subject, 'from before\n');
});

test('what is revoked after the disaster is revoked', async () => {
  assert.equal((await alice.ssh([])).status, 0);
  await cluster.remove('SSHKey', 'team/alice');
  await until('alice is refused', async () => /Permission denied/.test((await alice.ssh([])).stderr));
  await cluster.verifyIndex();
});
