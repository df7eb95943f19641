/** The gateway as a whole: the real program on a real API server, with OpenSSH, git and a repository server on TCP. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayReportSpec } from '../../core/api/gateway-report.ts';
import { reportType } from '../../gateway/cluster/resource-types.ts';
import { startApiServer } from '../harness/api-server.ts';
import { createClient, makeKey } from '../harness/client.ts';
import { connect } from '../harness/connect.ts';
import { type GatewayServer, startGateway, startRepositoryServer, untilReady } from '../harness/gateway.ts';
import { keyLines, linesOf, userLine } from '../harness/index-lines.ts';
import { createIndexWriter } from '../harness/index-writer.ts';
import { installChart } from '../harness/install-chart.ts';
import { gitUser, grant, repository, sshKey } from '../harness/manifest.ts';
import type { Scope } from '../harness/standalone.ts';
import { until } from '../harness/wait.ts';
import { makeCuttable } from './cuttable.ts';

const server = await startApiServer({ after });
const { home } = server;
const { client: admin } = connect({ after }, server.kubeconfig('admin'));
const repositories = await startRepositoryServer({ after }, home);
const key = await makeKey(home, 'alice');
const usual = linesOf([
  gitUser('alice'),
  sshKey('laptop', { publicKey: key.publicKey, userRef: { name: 'alice' } }),
  repository('app', { access: [grant('Write', 'alice')] }),
]);

let releases = 0;
/** A release of the chart, with the rights that it gives to the gateway's pod `gateway-0`. */
async function install(): Promise<{ readonly namespace: string; readonly kubeconfig: string }> {
  releases += 1;
  const { address, pod } = repositories;
  const values = { gateway: { repository: { address, pod } } };
  const chart = await installChart(server, { release: `release-${releases}`, values });
  return { namespace: chart.namespace, kubeconfig: await chart.gatewayKubeconfig('gateway-0') };
}

const start = (
  scope: Scope,
  access: { readonly namespace: string; readonly kubeconfig: string },
  args: readonly string[] = [],
): Promise<GatewayServer> => startGateway(scope, { ...access, home, repository: repositories, args });

async function reportOf(namespace: string): Promise<GatewayReportSpec | undefined> {
  const found = await admin.get(reportType, { namespace, name: 'gateway-0' });
  return found?.spec as GatewayReportSpec | undefined;
}

test('without an index nobody is let in, and told to try again; with one, clone and push work', async (context) => {
  const access = await install();
  const { namespace } = access;
  const gateway = await start(context, access);
  const client = createClient(gateway, key);
  assert.match((await gateway.get('/readyz')).body, /no index yet/);
  assert.equal((await gateway.get('/livez')).status, 200);
  const early = await client.ssh([]);
  assert.equal(early.status, 255);
  assert.match(early.stderr, /nobody can be let in at the moment: try again/);
  assert.doesNotMatch(early.stderr, /Permission denied/);
  assert.equal(await reportOf(namespace), undefined);
  assert.equal(await gateway.metric('git_ingress_login_failures_total', 'IndexUnavailable'), 1);

  const writer = createIndexWriter(admin, namespace);
  await writer.publish({ set: usual });
  await untilReady(gateway);
  const work = mkdtempSync(join(home, 'work-'));
  await client.mustGit(work, ['clone', '-q', client.url('team/app'), 'one']);
  const one = join(work, 'one');
  writeFileSync(join(one, 'file'), 'text');
  await client.mustGit(one, ['add', 'file']);
  await client.mustGit(one, ['commit', '-q', '-m', 'first']);
  await client.mustGit(one, ['push', '-q', 'origin', 'HEAD:main']);
  await client.mustGit(work, ['clone', '-q', '-b', 'main', client.url('team/app'), 'two']);
  assert.equal(readFileSync(join(work, 'two', 'file'), 'utf8'), 'text');

  const session = client.startSsh(["git-upload-pack 'team/app'"]);
  await until('a running session', async () => (await reportOf(namespace))?.sessions === 1);
  const keyId = [...usual.keys()].find((id) => id.startsWith('key/')) ?? '';
  await writer.publish({ removed: new Set([keyId]) });
  const ended = await session.ended;
  assert.match(ended.stderr, /session ended: your key was removed/);
  assert.match((await client.ssh([])).stderr, /Permission denied/);
});

test('a gateway reports what it serves from, at most twice a second, and not while it drains', async (context) => {
  const access = await install();
  const { namespace } = access;
  const writer = createIndexWriter(admin, namespace);
  const gateway = await start(context, access);
  await writer.publish({ set: usual }, 3);
  const first = await until('a report', () => reportOf(namespace));
  assert.deepEqual({ ...first, heartbeat: 0 }, { epoch: 3, revision: 1, heartbeat: 0, sessions: 0 });

  const heartbeats = new Set<number>();
  const startedAt = performance.now();
  for (let at = 0; performance.now() - startedAt < 3_000; at++) {
    await writer.publish({ set: userLine('bob', `${at}`) }, 3);
    const report = await reportOf(namespace);
    if (report !== undefined) heartbeats.add(report.heartbeat);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const { revision } = await writer.publish({ set: userLine('bob', 'last') }, 3);
  const toldAt = performance.now();
  await until('the last revision is reported', async () => (await reportOf(namespace))?.revision === revision);
  context.diagnostic(
    `${revision} revisions, ${heartbeats.size} reports; the last after ${Math.round(performance.now() - toldAt)} ms`,
  );
  assert.ok(heartbeats.size >= 2 && heartbeats.size <= 2 * seconds + 2, `${heartbeats.size} reports in ${seconds} s`);
  assert.deepEqual(
    [...heartbeats],
    [...heartbeats].sort((a, b) => a - b),
  );

  const beforeSilence = await reportOf(namespace);
  const heard = await until('a sign of life', async () => {
    const report = await reportOf(namespace);
    return report?.heartbeat !== beforeSilence?.heartbeat && report;
  });
  assert.equal(heard.revision, revision);
  const session = createClient(gateway, key).startSsh(["git-upload-pack 'team/app'"]);
  await until('a session', async () => (await gateway.metric('git_ingress_sessions')) === 1);
  const exited = gateway.stop();
  await until('draining', async () => (await gateway.get('/readyz')).body.includes('draining'));
  const last = await reportOf(namespace);
  await sleep(2_500);
  assert.deepEqual(await reportOf(namespace), last);
  session.write('0000');
  session.endInput();
  assert.equal(await exited, 0);
});

test('beyond its maximal age an index lets nobody in, and ends nobody', async (context) => {
  const { namespace, kubeconfig } = await install();
  await createIndexWriter(admin, namespace).publish({ set: usual });
  const way = await makeCuttable(context, server, kubeconfig);
  const cuttable = { namespace, kubeconfig: way.kubeconfig };
  const gateway = await start(context, cuttable, ['--index-max-age', '10s']);
  await untilReady(gateway);
  const client = createClient(gateway, key);
  const shared = ['-S', join(gateway.data, 'connection')];
  const session = createClient(gateway, key, ['-M', ...shared]).startSsh(["git-upload-pack 'team/app'"]);
  await until('a session', async () => (await gateway.metric('git_ingress_sessions')) === 1);
  way.isOpen = false;
  way.cut();
  assert.equal((await client.ssh([])).status, 0);
  await until('not ready', async () => (await gateway.get('/readyz')).body.includes('the index is too old'), 20_000);
  const refused = await client.ssh([]);
  assert.match(refused.stderr, /nobody can be let in at the moment: try again/);
  assert.equal(session.isRunning, true);
  // Nor does a connection of before let anything begin.
  const another = await createClient(gateway, key, shared).ssh(["git-upload-pack 'team/app'"]);
  assert.match(another.stderr, /nobody can be let in at the moment: try again/);
  assert.equal(await gateway.metric('git_ingress_session_refusals_total', 'IndexUnavailable'), 1);
  assert.ok((await gateway.metric('git_ingress_index_age_seconds')) > 10);
  const isComplaint = ({ msg }: { readonly msg: string }): boolean => msg === 'the index is too old: nobody is let in';
  await gateway.logged('a complaint', isComplaint);

  way.isOpen = true;
  await untilReady(gateway, 10_000);
  assert.equal((await client.ssh([])).status, 0);
  await gateway.logged('an all-clear', ({ msg }) => msg === 'the index is up to date again');
  assert.equal(gateway.log.filter(isComplaint).length, 1);
  const isUnreported = ({ msg }: { readonly msg: string }) => msg === 'the report to the operator cannot be written';
  assert.equal(gateway.log.filter(isUnreported).length, 1);
  session.write('0000');
  session.endInput();
  assert.equal((await session.ended).status, 0);
});

/** Seconds since a process was started, as the kernel counts them, in hundredths (proc(5)). */
function ageOf(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [uptime = ''] = readFileSync('/proc/uptime', 'utf8').split(' ');
  // Without the first two fields: the name may hold anything.
  const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return Number(uptime) - Number(startTime) / 100;
}

test('a gateway on 100,000 keys is ready within seconds, and takes less than 200 MB', async (context) => {
  const access = await install();
  await createIndexWriter(admin, access.namespace).publish({ set: new Map([...usual, ...keyLines(100_000)]) });
  const gateway = await start(context, access);
  await untilReady(gateway);
  const seconds = ageOf(gateway.process.pid);
  const status = readFileSync(`/proc/${gateway.process.pid}/status`, 'utf8');
  const [now, peak] = ['VmRSS', 'VmHWM'].map((name) => {
    const [, kib = '0'] = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status) ?? [];
    return Math.round((Number(kib) * 1_024) / 1e6);
  });
  assert.equal((await createClient(gateway, key).ssh([])).status, 0);
  context.diagnostic(`ready after ${seconds.toFixed(1)} s; ${now} MB, at most ${peak} MB`);
  assert.ok(peak !== undefined && peak < 200, `${peak} MB`);
  assert.ok(seconds < 10, `${seconds} s`);
});
