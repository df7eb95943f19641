/** An API server that refuses some of what the operator writes: what is refused is left out, and holds up nothing. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { shardType } from '../../operator/resource-types.ts';
import { releaseNamespace, startCluster } from '../harness/cluster.ts';
import { gitUser, sshKey } from '../harness/manifest.ts';
import { publicKeyOf } from '../harness/random-key.ts';
import { startReporter } from '../harness/reporter.ts';
import { readStoredIndex } from '../harness/stored-index.ts';
import { until } from '../harness/wait.ts';

const cluster = await startCluster({ after });
const { server, client } = cluster;
startReporter({ after }, cluster, 'gateway-0');
let operator = await startLeader();

async function startLeader() {
  const started = await cluster.startOperator();
  await started.logged('leading', ({ msg }) => msg === 'leading: the index is published');
  return started;
}

const registration = { group: 'admissionregistration.k8s.io', version: 'v1', namespaced: false };
const policyType = { ...registration, plural: 'validatingadmissionpolicies', kind: 'ValidatingAdmissionPolicy' };
const bindingType = {
  ...{ ...registration, plural: 'validatingadmissionpolicybindings', kind: 'ValidatingAdmissionPolicyBinding' },
};
const manager = { fieldManager: 'test', force: true };
let probes = 0;
/** Whether a shard with these contents is refused. */
const isRefused = (data: string): Promise<boolean> =>
  client
    .create(
      shardType,
      { metadata: { namespace: releaseNamespace, name: `probe-${probes++}` }, spec: { data } },
      manager,
    )
    .then(
      () => false,
      () => true,
    );

/** As a scanner for secrets does, say, that dislikes what somebody wrote. */
async function refuse(word: string): Promise<void> {
  await client.apply(
    policyType,
    {
      metadata: { name: 'scanner' },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            {
              ...{ apiGroups: ['gitingress.dev'], apiVersions: ['v1alpha1'], resources: ['accessindexshards'] },
              operations: ['CREATE', 'UPDATE'],
            },
          ],
        },
        validations: [{ expression: `!object.spec.data.contains('${word}')`, reason: 'Invalid' }],
      },
    },
    manager,
  );
  const binding = { policyName: 'scanner', validationActions: ['Deny'] };
  await client.apply(bindingType, { metadata: { name: 'scanner' }, spec: binding }, manager);
  await until('the policy is in force', () => isRefused(word));
}

async function refuseNoMore(word: string): Promise<void> {
  await client.remove(bindingType, { namespace: '', name: 'scanner' });
  await client.remove(policyType, { namespace: '', name: 'scanner' });
  await until('the policy is gone', async () => !(await isRefused(word)));
}

const user = async (name: string) => (await readStoredIndex(cluster)).user({ namespace: 'team', name });
const isProgrammed = (name: string) => cluster.condition('GitUser', `team/${name}`, 'Ready', 'True Programmed');
const withheld = () => operator.metric('git_ingress_index_withheld_entries');

test('entries that are refused hold up neither others nor a revocation, and come when they are let in', async () => {
  const known = Array.from({ length: 6 }, (_, n) => `known-${n}`);
  await cluster.apply(...known.map((name) => gitUser(name)));
  await cluster.apply(sshKey('known-0', { publicKey: publicKeyOf('known-0'), userRef: { name: 'known-0' } }));
  for (const name of known) await isProgrammed(name);
  await refuse('poison');

  const names = Array.from({ length: 40 }, (_, n) => `new-${n}`);
  const isBad = (name: string): boolean => ['new-7', 'new-23'].includes(name);
  await Promise.all(names.map((name) => cluster.apply(gitUser(name, isBad(name) ? { displayName: 'poison' } : {}))));
  // What cannot be told of somebody who is suspended is at least that nothing may be done.
  await cluster.apply(gitUser('known-1', { displayName: 'poison', suspended: true }));
  const startedAt = performance.now();
  await cluster.remove('GitUser', 'team/known-2');
  await until('a revocation gets through', async () => (await user('known-2')) === undefined, 3_000);
  const revokedMs = performance.now() - startedAt;
  assert.ok(revokedMs < 2_000, `${revokedMs} ms`);
  await until('no access in the place of a suspension', async () => (await user('known-1')) === undefined);
  for (const name of names.filter((each) => !isBad(each))) await isProgrammed(name);
  await until('they are counted', async () => (await withheld()) === 3);
  assert.equal(await user('new-7'), undefined);
  await operator.logged('left out', ({ id }) => id === 'user/team/new-23');

  await cluster.apply(gitUser('new-7', { displayName: 'harmless' }));
  await isProgrammed('new-7');
  await refuseNoMore('poison');
  await until('they are let in', async () => (await withheld()) === 0, 90_000);
  assert.equal((await user('known-1'))?.suspended, true);
  await isProgrammed('new-23');
  await cluster.verifyIndex();
});

test('a new leader is held up by them no more than an old one', async () => {
  await operator.kill();
  await server.mustKubectl(['delete', 'lease', 'git-ingress-operator', '-n', releaseNamespace]);
  await refuse('bitter');
  await cluster.apply(gitUser('known-3', { displayName: 'bitter' }), gitUser('later'));
  await cluster.remove('GitUser', 'team/known-4');
  operator = await startLeader();
  await until('a revocation gets through', async () => (await user('known-4')) === undefined);
  await until('the bad entry is gone', async () => (await user('known-3')) === undefined);
  await isProgrammed('later');
  await refuseNoMore('bitter');
  await isProgrammed('known-3');
  await cluster.verifyIndex();
});

test('an index that begins anew is made of what is not refused', async () => {
  await operator.kill();
  await server.mustKubectl(['delete', 'lease', 'git-ingress-operator', '-n', releaseNamespace]);
  await server.mustKubectl(['delete', 'accessindexshards', '--all', '-n', releaseNamespace]);
  await refuse('bitter');
  operator = await startLeader();
  await until('the others are there', async () => (await user('later')) !== undefined);
  await until('it is counted', async () => (await withheld()) === 1);
  assert.equal(await user('known-3'), undefined);
  await refuseNoMore('bitter');
  await until('it is let in', async () => (await user('known-3')) !== undefined, 90_000);
  await cluster.verifyIndex();
});
