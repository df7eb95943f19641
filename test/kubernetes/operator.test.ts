import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { decodeManifest, manifestName } from '../../core/index/manifest.ts';
import { shardType } from '../../operator/resource-types.ts';
import { makeKey } from '../harness/client.ts';
import { releaseNamespace, startCluster } from '../harness/cluster.ts';
import { gitUser, grant, repository, sshKey } from '../harness/manifest.ts';
import { startReporter } from '../harness/reporter.ts';
import { until } from '../harness/wait.ts';

const cluster = await startCluster({ after });
const { server, client } = cluster;
const operator = await cluster.startLeader('--operator-host-names', 'git.example.com,git.example.com:2222');
const gateway = startReporter({ after }, cluster, 'gateway-0');
const keys = await Promise.all(['one', 'two', 'three'].map((name) => makeKey(server.home, name)));
const publicKey = (at: number): string => keys[at]?.publicKey ?? '';
const keyOf = (name: string, at: number, spec: object = { userRef: { name: 'alice' } }): object =>
  sshKey(name, { publicKey: publicKey(at), ...spec });

const manifestObject = `${releaseNamespace}/${manifestName}`;
const shards = async (): Promise<readonly string[]> =>
  (await cluster.list('AccessIndexShard')).map(({ metadata }) => metadata.name).filter((name) => name !== manifestName);

test('objects in any order become the index, and say so', async () => {
  await cluster.apply(
    repository('app', { access: [grant('Write', 'alice')] }),
    keyOf('alice', 0),
    gitUser('alice', { displayName: 'Alice' }),
  );
  await cluster.condition('SSHKey', 'team/alice', 'Programmed', 'True Programmed');
  await cluster.condition('SSHKey', 'team/alice', 'Accepted', 'True Accepted');
  await cluster.condition('Repository', 'team/app', 'Programmed', 'True Programmed');
  await cluster.condition('GitUser', 'team/alice', 'Ready', 'True Programmed');
  const user = await until('the number of keys', async () => {
    const found = await cluster.find('GitUser', 'team/alice');
    return found?.status?.keys === 1 && found;
  });
  assert.equal(user.status?.conditions?.[0]?.observedGeneration, user.metadata.generation);
  assert.equal((await cluster.find('Repository', 'team/app'))?.status?.url, 'ssh://git@git.example.com/team/app');
  assert.match(String((await cluster.find('SSHKey', 'team/alice'))?.status?.fingerprint), /^SHA256:/);
  const { stdout } = await server.mustKubectl(['wait', '--for=condition=Programmed', 'sshkey', '--all', '-n', 'team']);
  assert.match(stdout, /condition met/);
  await cluster.verifyIndex();
});

test('whatever is wrong is said of its object, with what to do', async () => {
  await cluster.apply(
    keyOf('nobody', 1, { userRef: { name: 'nobody' } }),
    keyOf('again', 0),
    repository('thief', { path: 'team/app' }),
    sshKey('weak', { publicKey: 'ssh-ed25519 AAAA', userRef: { name: 'alice' } }),
  );
  assert.match(await cluster.condition('SSHKey', 'team/nobody', 'Accepted', 'False UserNotFound'), /create it/);
  assert.match(await cluster.condition('SSHKey', 'team/again', 'Accepted', 'False Duplicate'), /SSHKey team\/alice/);
  await cluster.condition('SSHKey', 'team/again', 'Programmed', 'False NotAccepted');
  await cluster.condition('SSHKey', 'team/weak', 'Accepted', 'False Invalid');
  assert.match(await cluster.condition('Repository', 'team/thief', 'Accepted', 'False PathTaken'), /team\/app/);
  await cluster.apply(repository('foreign', { path: 'team/foreign' }, 'other'));
  await cluster.condition('Repository', 'other/foreign', 'Accepted', 'False PathNotPermitted');
  const events = await until('an event', async () => {
    const { stdout } = await server.mustKubectl(['get', 'events', '-n', 'team', '-o', 'wide']);
    return /Duplicate/.test(stdout) && /PathTaken/.test(stdout) && stdout;
  });
  assert.match(events, /sshkey\/again/i);
  await cluster.verifyIndex();
});

test('a key that has expired, or expires, logs nobody in: it is not counted', async () => {
  const keysOfAlice = (count: number) =>
    until(`${count} keys`, async () => (await cluster.find('GitUser', 'team/alice'))?.status?.keys === count);
  const userRef = { name: 'alice' };
  await cluster.apply(
    keyOf('expired', 1, { userRef, expiresAt: '2001-01-01T00:00:00Z' }),
    keyOf('expires', 2, { userRef, expiresAt: '2099-01-01T00:00:00Z' }),
  );
  await keysOfAlice(2);
  await cluster.apply(keyOf('expires', 2, { userRef, expiresAt: new Date(Date.now() + 2_000).toISOString() }));
  await cluster.condition('SSHKey', 'team/expired', 'Accepted', 'False Expired');
  await cluster.condition('SSHKey', 'team/expires', 'Accepted', 'False Expired');
  await keysOfAlice(1);
  for (const name of ['expired', 'expires']) await cluster.remove('SSHKey', `team/${name}`);
});

test('the loser takes over when the winner goes', async () => {
  await cluster.remove('SSHKey', 'team/alice');
  await cluster.condition('SSHKey', 'team/again', 'Programmed', 'True Programmed');
  await cluster.remove('Repository', 'team/app');
  await cluster.condition('Repository', 'team/thief', 'Accepted', 'True Accepted');
  await cluster.verifyIndex();
});

test('notes on what does not exist follow what comes and goes', async () => {
  const says = (kind: string, ref: string, note: RegExp) =>
    until(`${ref} says ${note}`, async () => {
      const conditions = (await cluster.find(kind, ref))?.status?.conditions ?? [];
      return conditions.some(({ type, message = '' }) => type === 'Accepted' && note.test(message));
    });
  const night = { kind: 'Group', name: 'night' };
  const access = [grant('Read', 'heidi', 'ivan'), { role: 'Read', subjects: [night] }];
  await cluster.apply(
    repository('noted', { access }),
    keyOf('deploy', 2, { repositoryRefs: [{ name: 'noted' }, { name: 'absent' }] }),
  );
  await says(
    'Repository',
    'team/noted',
    /GitUser team\/heidi, GitUser team\/ivan, which .*; .*Group team\/night, which/,
  );
  await says('SSHKey', 'team/deploy', /^there is no Repository team\/absent$/);
  await cluster.apply(gitUser('heidi', { groups: ['night'] }), repository('absent'));
  await says('Repository', 'team/noted', /^it names GitUser team\/ivan, which does not exist$/);
  await says('SSHKey', 'team/deploy', /^$/);
  await cluster.remove('GitUser', 'team/heidi');
  await cluster.remove('Repository', 'team/absent');
  await says('Repository', 'team/noted', /heidi.*night/);
  await says('SSHKey', 'team/deploy', /absent/);
});

test('an object that is paused keeps its status, and grants what it says all the same', async () => {
  const paused = gitUser('carol', { suspended: true }) as { metadata: object };
  await cluster.apply({
    ...paused,
    metadata: { ...paused.metadata, annotations: { 'gitingress.dev/paused': 'true' } },
  });
  await cluster.apply(gitUser('dave'));
  await cluster.condition('GitUser', 'team/dave', 'Ready', 'True Programmed');
  assert.equal((await cluster.find('GitUser', 'team/carol'))?.status, undefined);
  await cluster.verifyIndex();
});

test('an object that is being deleted is gone, whatever holds it up', async () => {
  const held = gitUser('erin') as { metadata: object };
  await cluster.apply({ ...held, metadata: { ...held.metadata, finalizers: ['example.com/hold'] } });
  await cluster.condition('GitUser', 'team/erin', 'Ready', 'True Programmed');
  await cluster.remove('GitUser', 'team/erin');
  await until('no entry', async () => {
    const data = (await cluster.list('AccessIndexShard')).map(({ spec }) => String(spec?.data)).join('\n');
    return data.includes('user/team/erin -') || !data.includes('user/team/erin');
  });
  assert.ok(await cluster.find('GitUser', 'team/erin'));
  await cluster.verifyIndex();
  await cluster.apply({ ...held, metadata: { ...held.metadata, finalizers: [] } }).catch(() => {});
});

test('a shard or a manifest that somebody alters or removes is as it was', async () => {
  const [first = ''] = await shards();
  const options = { fieldManager: 'test' };
  const whole = async (): Promise<void> => {
    await until('the shards are whole', async () => (await shards()).includes(first));
    await cluster.verifyIndex();
  };
  await cluster.remove('AccessIndexShard', `${releaseNamespace}/${first}`);
  await whole();
  await client.mergePatch(shardType, { namespace: releaseNamespace, name: first }, { spec: { data: 'x' } }, options);
  await whole();
  await cluster.remove('AccessIndexShard', manifestObject);
  await until('a manifest', () => cluster.find('AccessIndexShard', manifestObject));
  await whole();
  const empty = JSON.stringify({ epoch: 1, revision: 1_000_000, shards: [] });
  await client.mergePatch(
    shardType,
    { namespace: releaseNamespace, name: manifestName },
    { spec: { data: empty } },
    options,
  );
  await whole();
  await cluster.apply(gitUser('frank'));
  await cluster.condition('GitUser', 'team/frank', 'Ready', 'True Programmed');
  assert.ok((await operator.metric('git_ingress_index_repairs_total')) >= 4);
});

test('shards that the manifest names no more are removed; what somebody else has just written stays', async () => {
  const foreign = 'base-0';
  const file = { metadata: { namespace: releaseNamespace, name: foreign }, spec: { data: 'x' } };
  await client.create(shardType, file, { fieldManager: 'test' });
  await cluster.apply(gitUser('gina'));
  await cluster.condition('GitUser', 'team/gina', 'Ready', 'True Programmed');
  await until('nothing else is there', async () => {
    const found = await cluster.find('AccessIndexShard', manifestObject);
    const named = decodeManifest(String(found?.spec?.data))?.shards.map(({ name }) => name) ?? [];
    const there = await shards();
    assert.ok(there.includes(foreign));
    return there.length === named.length + 1;
  });
});

test('without a gateway nothing is programmed, and what was stays so', async () => {
  gateway.pause();
  await until('it counts as gone', async () => (await operator.metric('git_ingress_gateways_alive')) === 0);
  await cluster.apply(gitUser('grace'));
  assert.match(await cluster.condition('GitUser', 'team/grace', 'Ready', 'False NoGateways'), /pods of the gateway/);
  await cluster.condition('GitUser', 'team/frank', 'Ready', 'True Programmed');
  gateway.resume();
  await cluster.condition('GitUser', 'team/grace', 'Ready', 'True Programmed');
});
