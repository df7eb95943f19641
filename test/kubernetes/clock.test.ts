/** Operators whose clocks are five minutes off, either way. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { leaseType } from '../../kubernetes/lease-file.ts';
import { parseLease } from '../../kubernetes/lease-record.ts';
import { releaseNamespace as namespace, startCluster } from '../harness/cluster.ts';
import { createFileScope } from '../harness/file-scope.ts';
import { leads } from '../harness/leads.ts';
import { gitUser, grant, repository, sshKey } from '../harness/manifest.ts';
import { publicKeyOf } from '../harness/random-key.ts';
import { startReporter } from '../harness/reporter.ts';
import { type ServerProcess, startServerProcess } from '../harness/server-process.ts';
import { accessTo, readStoredIndex } from '../harness/stored-index.ts';
import { until } from '../harness/wait.ts';

const scope = createFileScope({ after });
const cluster = await startCluster(scope);
startReporter(scope, cluster, 'gateway-0');

const minuteMs = 60_000;
const shiftedClock = new URL('../harness/shifted-clock.ts', import.meta.url).href;

const startShifted = (minutes: number): Promise<ServerProcess> =>
  startServerProcess(scope, ['operator', ...cluster.options()], {
    NODE_OPTIONS: `--import=${shiftedClock}`,
    TEST_CLOCK_SHIFT_MS: String(minutes * minuteMs),
  });
const lease = async () => {
  const found = await cluster.client.get(leaseType, { namespace, name: 'git-ingress-operator' });
  assert.ok(found !== undefined);
  return { version: found.metadata.resourceVersion, ...parseLease(found) };
};

async function untilRenewed(times: number): Promise<void> {
  for (let n = 0; n < times; n += 1) {
    const { version } = await lease();
    await until('the lease is renewed', async () => (await lease()).version !== version);
  }
}

/** Of a key that ends then, by the true clock. */
const access = async (name: string): Promise<string> =>
  accessTo(await readStoredIndex(cluster), { publicKey: publicKeyOf(name) }, 'team/app');

const slow = await startShifted(-5);
await leads(slow);

test('a key ends when its time is over by the clock of the gateway, whatever that of the operator says', async () => {
  const keyUntil = (name: string, time: number): object =>
    sshKey(name, {
      ...{ publicKey: publicKeyOf(name), userRef: { name: 'alice' } },
      expiresAt: new Date(time).toISOString(),
    });
  await cluster.apply(
    gitUser('alice'),
    repository('app', { access: [grant('Write', 'alice')] }),
    keyUntil('over', Date.now() - minuteMs),
    keyUntil('soon', Date.now() + 3 * minuteMs),
  );
  await cluster.condition('Repository', 'team/app', 'Programmed', 'True Programmed');
  await cluster.condition('SSHKey', 'team/over', 'Programmed', 'True Programmed');
  await cluster.condition('SSHKey', 'team/soon', 'Programmed', 'True Programmed');
  assert.deepEqual([await access('over'), await access('soon')], ['Expired', 'GitUser team/alice: Write']);
  await cluster.verifyIndex();
});

test('nobody takes the lease of a leader whose clock is behind, nor waits for one whose clock was ahead', async () => {
  const { holderIdentity, leaseTransitions, renewTime } = await lease();
  assert.ok(Date.parse(String(renewTime)) < Date.now() - 4 * minuteMs, `${renewTime}`);
  const fast = await startShifted(5);
  await fast.logged('waiting', ({ msg }) => msg === 'waiting for leadership');
  // By its own clock, it looked at a lease that had run out ten minutes ago.
  await untilRenewed(3);
  const later = await lease();
  assert.deepEqual([later.holderIdentity, later.leaseTransitions], [holderIdentity, leaseTransitions]);

  assert.equal(await slow.stop(), 0);
  await leads(fast);
  await cluster.condition('SSHKey', 'team/soon', 'Accepted', 'False Expired');
  await cluster.condition('SSHKey', 'team/over', 'Accepted', 'False Expired');
  assert.deepEqual([await access('over'), await access('soon')], ['Expired', 'GitUser team/alice: Write']);
  await cluster.verifyIndex();

  const last = await startShifted(-5);
  await last.logged('waiting', ({ msg }) => msg === 'waiting for leadership');
  await fast.kill();
  // By its own clock, the lease was renewed ten minutes from now.
  await leads(last);
  await cluster.apply(gitUser('bob'));
  await cluster.condition('GitUser', 'team/bob', 'Ready', 'True Programmed');
  await cluster.verifyIndex();
});
