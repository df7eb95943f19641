import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { manifestName } from '../../core/index/manifest.ts';
import { releaseNamespace, startCluster } from '../harness/cluster.ts';
import { createFileScope } from '../harness/file-scope.ts';
import { inParallel } from '../harness/in-parallel.ts';
import { leads } from '../harness/leads.ts';
import { gitUser, repository, sshKey } from '../harness/manifest.ts';
import { pause, resume } from '../harness/processes.ts';
import { publicKeyOf } from '../harness/random-key.ts';
import { startReporter } from '../harness/reporter.ts';
import { until } from '../harness/wait.ts';

const scope = createFileScope({ after });
const cluster = await startCluster(scope, { audit: 'Metadata' });
const { server } = cluster;
startReporter(scope, cluster, 'gateway-0');

let operator = await cluster.startLeader();

/** As a kubelet does: an operator that has ended, because it lost its leadership, begins anew. */
async function restartIfEnded(): Promise<void> {
  if (operator.process.exitCode !== null) operator = await cluster.startLeader();
}

/** As when the machine of the leader burns down; its Lease, which nobody gives back, would take 15 s to run out. */
async function killLeader(): Promise<void> {
  await operator.kill();
  await server.mustKubectl(['delete', 'lease', 'git-ingress-operator', '-n', releaseNamespace]);
}

/** Applies so many users with a key each, several at once. */
async function populate(prefix: string, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
  await inParallel(names, 16, (name) =>
    cluster.apply(gitUser(name), sshKey(name, { publicKey: publicKeyOf(name), userRef: { name } })),
  );
}

const entries = async (): Promise<number> => {
  const shards = (await cluster.list('AccessIndexShard')).filter(({ metadata }) => metadata.name !== manifestName);
  return shards.reduce((sum, { spec }) => sum + String(spec?.data).split('\n').length - 2, 0);
};

test('a restart with nothing changed writes nothing but manifest and Lease', async () => {
  await populate('user', 100);
  await cluster.apply(repository('app'));
  await cluster.condition('GitUser', 'team/user-99', 'Ready', 'True Programmed');
  await cluster.condition('Repository', 'team/app', 'Programmed', 'True Programmed');
  await until('all statuses', async () => {
    const objects = [...(await cluster.list('SSHKey')), ...(await cluster.list('GitUser'))];
    return objects.every(({ status }) => status?.conditions?.at(-1)?.reason === 'Programmed');
  });
  assert.equal(await operator.stop(), 0);
  const since = server.auditLog().length;
  operator = await cluster.startLeader();
  await until('every status was looked at', async () => {
    const total = await operator.metric('controller_runtime_reconcile_total', 'controller="status"');
    return total >= 201 && (await operator.metric('workqueue_depth', 'name="status"')) === 0;
  });
  const writes = server
    .auditLog()
    .slice(since)
    .filter(({ verb, user }) => !['get', 'list', 'watch'].includes(verb) && user.username === 'admin')
    .map(({ verb, objectRef }) => `${verb} ${objectRef?.resource} ${objectRef?.name}`);
  const own = writes.filter((write) => !/gatewayreports/.test(write));
  const kinds = new Set(own.map((write) => write.replace(/ git-ingress-operator$/, '')));
  assert.deepEqual([...kinds].sort(), [`update accessindexshards ${manifestName}`, 'update leases']);
});

test('an operator that is killed at any moment is continued by the next one', async () => {
  for (const round of ['a', 'b', 'c']) {
    const before = await entries();
    const populating = populate(`kill-${round}`, 60);
    await until('it is at work', async () => (await entries()) > before + 5);
    await killLeader();
    await populating;
    operator = await cluster.startLeader();
    await cluster.condition('GitUser', `team/kill-${round}-59`, 'Ready', 'True Programmed');
    await cluster.verifyIndex();
  }
});

test('what changed while no operator was there is taken up by the next one', async () => {
  await killLeader();
  await cluster.remove('SSHKey', 'team/user-0');
  await cluster.apply(gitUser('user-1', { suspended: true }));
  operator = await cluster.startLeader();
  await cluster.verifyIndex();
  await cluster.condition('GitUser', 'team/user-1', 'Ready', 'False Suspended');
});

test('a key of somebody who is suspended is not said to be in force, and is again when they are back', async () => {
  await cluster.condition('SSHKey', 'team/user-1', 'Programmed', 'False UserSuspended');
  await cluster.apply(gitUser('user-1'));
  await cluster.condition('SSHKey', 'team/user-1', 'Programmed', 'True Programmed');
  await cluster.apply(gitUser('user-1', { suspended: true }));
  await cluster.condition('SSHKey', 'team/user-1', 'Programmed', 'False UserSuspended');
});

test('an API server that is away for a while is no end', async () => {
  const before = await entries();
  const populating = populate('outage', 100).catch(() => 'it failed');
  await until('it is at work', async () => (await entries().catch(() => 0)) > before + 20);
  await server.kill();
  await populating;
  await until('the operator notices', async () => (await operator.metric('rest_client_requests_total', '<error>')) > 0);
  await server.restart();
  await populate('outage', 100);
  await until('the index is complete', async () => {
    await restartIfEnded();
    const found = await cluster.find('GitUser', 'team/outage-99');
    return found?.status?.conditions?.[0]?.reason === 'Programmed';
  });
  await cluster.verifyIndex();
});

test('etcd may forget what was', async () => {
  await server.compact();
  await server.kill();
  await server.restart();
  await cluster.apply(gitUser('compacted'));
  await until('the index is complete', async () => {
    await restartIfEnded();
    const found = await cluster.find('GitUser', 'team/compacted');
    return found?.status?.conditions?.[0]?.reason === 'Programmed';
  });
  await cluster.verifyIndex();
});

test('a leader that is stopped past its lease changes nothing when it wakes up', async () => {
  const standby = await cluster.startOperator();
  const { pid = 0 } = operator.process;
  pause(pid);
  // Work for the one, which it cannot do, and for the other.
  await cluster.remove('SSHKey', 'team/user-2');
  await leads(standby);
  await cluster.apply(gitUser('later'));
  await cluster.condition('GitUser', 'team/later', 'Ready', 'True Programmed');
  const manifest = await cluster.find('AccessIndexShard', `git-ingress/${manifestName}`);
  resume(pid);
  assert.notEqual(await operator.exited, 0);
  assert.deepEqual(await cluster.find('AccessIndexShard', `git-ingress/${manifestName}`), manifest);
  await cluster.verifyIndex();
  operator = standby;
});

test('an object that is as large as it may be, and one that is too large for the index, harm nobody', async () => {
  const subjects = Array.from({ length: 100 }, (_, n) => ({ kind: 'User', name: `u-${n}`, namespace: 'n'.repeat(60) }));
  const refs = Array.from({ length: 32 }, (_, n) => `refs/heads/${String(n).padStart(244, 'a')}`);
  const everyone = [{ kind: 'Everyone' }];
  const rule = { refs, actions: ['Rewind'], effect: 'Deny', subjects: everyone };
  const refRules = Array.from({ length: 100 }, () => rule);
  const access = Array.from({ length: 5 }, () => ({ role: 'Read', subjects }));
  await cluster.apply(repository('large', { access, refRules }));
  assert.match(await cluster.condition('Repository', 'team/large', 'Accepted', 'False TooLarge'), /groups/);
  await cluster.apply(gitUser('after-large'));
  await cluster.condition('GitUser', 'team/after-large', 'Ready', 'True Programmed');
  await cluster.verifyIndex();
});
