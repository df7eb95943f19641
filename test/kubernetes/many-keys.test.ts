/** One user with 10,000 keys: somebody's script ran wild, or somebody wants to hold up everybody else. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { NewObject } from '../../kubernetes/api-client.ts';
import { resourceTypes } from '../../operator/resource-types.ts';
import { startCluster } from '../harness/cluster.ts';
import { inParallel } from '../harness/in-parallel.ts';
import { gitUser, grant, repository, sshKey } from '../harness/manifest.ts';
import { publicKeyOf } from '../harness/random-key.ts';
import { startReporter } from '../harness/reporter.ts';
import { readStoredIndex } from '../harness/stored-index.ts';
import { until } from '../harness/wait.ts';
import { startWitness } from '../harness/witness.ts';

const cluster = await startCluster({ after });
await cluster.startLeader();
startReporter({ after }, cluster, 'gateway-0');

const count = 10_000;
/** For one change of somebody else's in the middle of it, on a machine that does nothing else. */
const patienceMs = 5_000;
const names = Array.from({ length: count }, (_, n) => `key-${n}`);
const login = (key: string) => ({ publicKey: publicKeyOf(key) });
const keyOf = (name: string, user: string): object => sshKey(name, { ...login(name), userRef: { name: user } });
const logins = { bob: login('bob'), carol: login('carol'), first: login('key-0'), last: login(`key-${count - 1}`) };
const witness = startWitness({ after }, cluster.server.kubeconfig('admin'), { logins, paths: ['team/app'] });

/** How many keys let somebody log in as `team/wild`. */
async function countKeys(): Promise<number> {
  let keys = 0;
  for (const entry of (await readStoredIndex(cluster)).entries())
    if (entry.kind === 'Key' && entry.listings.some(({ user }) => user === 'wild')) keys += 1;
  return keys;
}

test('keys are taken up as fast as they come, and others wait for them no longer than ever', async (context) => {
  await cluster.apply(
    repository('app', { access: [grant('Write', 'wild', 'bob', 'carol')] }),
    gitUser('wild'),
    gitUser('bob'),
    keyOf('bob', 'bob'),
  );
  await cluster.condition('SSHKey', 'team/bob', 'Programmed', 'True Programmed');
  let created = 0;
  const creating = inParallel(names, 32, async (name) => {
    const object = keyOf(name, 'wild') as NewObject;
    await cluster.client.create(resourceTypes.SSHKey, object, { fieldManager: 'test' });
    created += 1;
  });
  await until('a quarter of them is there', () => created > count / 4);
  const took = async (what: string, isSo: () => boolean): Promise<string> => {
    const startedAt = performance.now();
    await until(what, isSo, patienceMs);
    return `${what} after ${Math.round(performance.now() - startedAt)} ms`;
  };
  await cluster.remove('SSHKey', 'team/bob');
  const removed = await took('bob was refused', () => !witness.now.has('bob team/app: GitUser team/bob: Write'));
  await cluster.apply(gitUser('carol'), keyOf('carol', 'carol'));
  const added = await took('carol was let in', () => witness.now.has('carol team/app: GitUser team/carol: Write'));
  assert.ok(created < count, 'all of this was during the import');
  context.diagnostic(`${removed}, ${added}`);
  await creating;
  await until('every key is published', async () => (await countKeys()) === count, 60_000);
  // Statuses take what is left, and within a namespace each its turn.
  const isTold = async (): Promise<boolean> => {
    const { status: ofKey } = (await cluster.find('SSHKey', 'team/carol')) ?? {};
    const { status: ofUser } = (await cluster.find('GitUser', 'team/wild')) ?? {};
    return ofKey?.conditions?.at(-1)?.reason === 'Programmed' && ofUser?.keys === count;
  };
  await until('carol is told, and the user of all', isTold, 180_000);
});

test('all of them are refused when their user is suspended, and gone when it is gone', async () => {
  const isLetIn = (who: string): boolean => witness.now.has(`${who} team/app: GitUser team/wild: Write`);
  await until('they are let in', () => isLetIn('first') && isLetIn('last'));
  await cluster.apply(gitUser('wild', { suspended: true }));
  await until('they are refused', () => !isLetIn('first') && !isLetIn('last'));
  await cluster.remove('GitUser', 'team/wild');
  await until('the keys are gone from the index', async () => (await countKeys()) === 0);
  await cluster.verifyIndex();
  assert.deepEqual([...witness.granted].sort(), [
    'bob team/app: GitUser team/bob: Write',
    'carol team/app: GitUser team/carol: Write',
    'first team/app: GitUser team/wild: Write',
    'last team/app: GitUser team/wild: Write',
  ]);
});
