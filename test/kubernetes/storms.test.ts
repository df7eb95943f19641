/** An API server that ends watches and refuses requests, while people change what they like. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { releaseNamespace, startCluster } from '../harness/cluster.ts';
import { leads } from '../harness/leads.ts';
import { gitUser, grant, repository, sshKey } from '../harness/manifest.ts';
import { publicKeyOf } from '../harness/random-key.ts';
import { startReporter } from '../harness/reporter.ts';
import { startServerProcess } from '../harness/server-process.ts';
import type { Login } from '../harness/stored-index.ts';
import { until } from '../harness/wait.ts';
import { startWitness } from '../harness/witness.ts';
import { type Mood, makeUnruly } from './unruly-api-server.ts';

const cluster = await startCluster({ after });
const unruly = await makeUnruly({ after }, cluster.server);
startReporter({ after }, cluster, 'gateway-0');
const operator = await startServerProcess({ after }, [
  ...['operator', '--kubernetes-kubeconfig', unruly.kubeconfig, '--kubernetes-namespace', releaseNamespace],
]);
await leads(operator);

const moods: Readonly<Record<string, Mood>> = {
  'watches that last no longer than a second': { watchMs: 1_000 },
  'watches that end at once': { watchMs: 1 },
  'a third of all requests refused': { refuses: 0.33 },
  'both at once': { watchMs: 300, refuses: 0.2 },
};

for (const [number, [title, mood]] of Object.entries(moods).entries()) {
  test(`${title}: everything is told and revoked, and nobody gets more than was declared`, async (context) => {
    const numbers = Array.from({ length: 24 }, (_, n) => `round-${number}-${n}`);
    const logins: Record<string, Login> = Object.fromEntries(
      numbers.map((name) => [name, { publicKey: publicKeyOf(name) }]),
    );
    const path = `team/app-${number}`;
    const witness = startWitness(context, unruly.kubeconfig, { logins, paths: [path] });
    const before = { ...unruly.counts };
    unruly.mood = mood;
    const users = numbers.filter((_, n) => n % 3 > 0);
    await cluster.apply(repository(`app-${number}`, { access: [grant('Write', ...users)] }));
    for (const name of numbers) {
      await cluster.apply(gitUser(name), sshKey(name, { publicKey: publicKeyOf(name), userRef: { name } }));
    }
    for (const name of numbers) await cluster.condition('SSHKey', `team/${name}`, 'Programmed', 'True Programmed');
    const declared = users.map((name) => `${name} ${path}: GitUser team/${name}: Write`).sort();
    await until('everybody is let in', () => witness.now.size === declared.length);
    for (const name of users.slice(0, 4)) await cluster.remove('SSHKey', `team/${name}`);
    for (const name of users.slice(4, 8)) await cluster.apply(gitUser(name, { suspended: true }));
    await until('those are refused', () => witness.now.size === declared.length - 8);
    for (const name of users.slice(4, 8))
      await cluster.condition('GitUser', `team/${name}`, 'Ready', 'False Suspended');
    if (mood.watchMs !== undefined) await until('watches were ended', () => unruly.counts.watches > before.watches + 8);
    if (mood.refuses !== undefined) assert.ok(unruly.counts.refusals > before.refusals);
    unruly.mood = {};
    assert.deepEqual([...witness.granted].sort(), declared);
    assert.equal(operator.process.exitCode, null);
    await cluster.verifyIndex();
  });
}

test('a revocation waits for no pause after a failure', async (context) => {
  const names = ['calm-0', 'calm-1', 'calm-2'];
  const logins = Object.fromEntries(names.map((name) => [name, { publicKey: publicKeyOf(name) }]));
  const witness = startWitness(context, unruly.kubeconfig, { logins, paths: ['team/calm'] });
  await cluster.apply(repository('calm', { access: [grant('Write', ...names)] }));
  for (const name of names) {
    await cluster.apply(gitUser(name), sshKey(name, { publicKey: publicKeyOf(name), userRef: { name } }));
  }
  await until('everybody is let in', () => witness.now.size === names.length);
  const failures = () => operator.metric('git_ingress_index_failures_total');
  const before = await failures();
  unruly.mood = { failsIndex: true };
  await cluster.apply(gitUser('calm-3'));
  await cluster.remove('SSHKey', 'team/calm-0');
  // Both lanes: pauses of some seconds by now.
  await until('it has failed for long', async () => (await failures()) >= before + 15, 60_000);
  const many = await failures();
  await until('it has failed a moment ago', async () => (await failures()) > many, 60_000);
  unruly.mood = {};
  const startedAt = performance.now();
  await cluster.remove('SSHKey', 'team/calm-1');
  await until('she is refused', () => witness.now.size === names.length - 2);
  const ms = performance.now() - startedAt;
  context.diagnostic(`${Math.round(ms)} ms`);
  assert.ok(ms < 1_500, `${ms} ms`);
  await cluster.verifyIndex();
});
