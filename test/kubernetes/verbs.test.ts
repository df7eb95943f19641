/**
 * Operator and gateway at all of their work, under the identities of the chart: what they ask of the API server, as its
 * audit log has it, is just what they are granted.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { manifestName } from '../../core/index/manifest.ts';
import { followGateways } from '../../operator/gateways.ts';
import { configMapType, secretType } from '../../operator/keys/key-objects.ts';
import { reportType, shardType } from '../../operator/resource-types.ts';
import { createClient, makeKey } from '../harness/client.ts';
import { releaseNamespace as namespace, startCluster } from '../harness/cluster.ts';
import { connect } from '../harness/connect.ts';
import { createFileScope } from '../harness/file-scope.ts';
import { startGateway, startRepositoryServer } from '../harness/gateway.ts';
import { installChart } from '../harness/install-chart.ts';
import { leads } from '../harness/leads.ts';
import { gitUser, grant, repository, sshKey } from '../harness/manifest.ts';
import { createRequester } from '../harness/requester.ts';
import { type ServerProcess, startServerProcess } from '../harness/server-process.ts';
import { until } from '../harness/wait.ts';
import { grantsIn } from './grants.ts';

const scope = createFileScope({ after });
const cluster = await startCluster(scope, { audit: 'Metadata' });
const { server, client } = cluster;
const { home } = server;
const chart = await installChart(server, { namespace });
const gatewayKubeconfig = await chart.gatewayKubeconfig('gateway-0');
const repositories = await startRepositoryServer(scope, home);
const gatewayOptions = { home, kubeconfig: gatewayKubeconfig, namespace, repository: repositories };
const byTest = { fieldManager: 'test' };

async function startLeader(): Promise<ServerProcess> {
  const operator = await startServerProcess(scope, [
    ...['operator', '--kubernetes-kubeconfig', chart.operatorKubeconfig, '--kubernetes-namespace', namespace],
    ...['--operator-host-names', 'git.example.com'],
  ]);
  await leads(operator);
  return operator;
}

let operator = await startLeader();
const gateway = await startGateway(scope, gatewayOptions);
const key = await makeKey(home, 'alice');
const alice = sshKey('alice', { publicKey: key.publicKey, userRef: { name: 'alice' } });

test('objects are published, judged, and told of', async () => {
  await cluster.apply(repository('app', { access: [grant('Write', 'alice')] }), alice);
  await cluster.condition('SSHKey', 'team/alice', 'Accepted', 'False UserNotFound');
  await cluster.apply(gitUser('alice'));
  await cluster.condition('SSHKey', 'team/alice', 'Programmed', 'True Programmed');
  await cluster.condition('Repository', 'team/app', 'Programmed', 'True Programmed');
  await cluster.condition('GitUser', 'team/alice', 'Ready', 'True Programmed');
  const ssh = createClient(gateway, key);
  assert.equal((await ssh.ssh([])).status, 0);
  // The same event once more is a series.
  await cluster.remove('GitUser', 'team/alice');
  await cluster.condition('SSHKey', 'team/alice', 'Accepted', 'False UserNotFound');
  await until('a series', async () => {
    const { stdout } = await server.mustKubectl(['get', 'events.events.k8s.io', '-n', 'team', '--output=json']);
    const { items } = JSON.parse(stdout);
    return items.some(({ series }: { readonly series?: { readonly count: number } }) => series?.count === 2);
  });
  await until('alice is refused', async () => (await ssh.ssh([])).status === 255);
});

test('an index that somebody damaged is mended', async () => {
  const stored = await cluster.list('AccessIndexShard');
  const first = stored.find(({ metadata }) => metadata.name !== manifestName)?.metadata.name ?? '';
  await client.mergePatch(shardType, { namespace, name: first }, { spec: { data: 'x' } }, byTest);
  await until('a shard is mended', async () => {
    const found = await cluster.find('AccessIndexShard', `${namespace}/${first}`);
    return found === undefined || found.spec?.data !== 'x';
  });
  await client.mergePatch(shardType, { namespace, name: manifestName }, { spec: { data: 'x' } }, byTest);
  const isMended = async (): Promise<boolean> => {
    const found = await cluster.find('AccessIndexShard', `${namespace}/${manifestName}`);
    return found !== undefined && found.spec?.data !== 'x';
  };
  await until('the manifest is mended', isMended);
  await cluster.verifyIndex();

  assert.equal(await operator.stop(), 0);
  await client.mergePatch(shardType, { namespace, name: manifestName }, { spec: { data: 'x' } }, byTest);
  operator = await startLeader();
  assert.ok(await isMended());
  await cluster.verifyIndex();
});

test('keys are made, completed, published and rotated', async () => {
  const linkKeys = { namespace, name: `${chart.release}-link-keys` };
  const hostKeys = { namespace, name: `${chart.release}-host-keys` };
  const has = (name: string) => async (): Promise<boolean> =>
    Object.hasOwn((await client.get(secretType, hostKeys))?.data as object, name);
  await until('public keys', () => client.get(configMapType, { ...hostKeys, name: `${chart.release}-known-hosts` }));
  await until('link keys', () => client.get(configMapType, linkKeys));
  await client.mergePatch(secretType, hostKeys, { data: { ssh_host_ed25519_key: null } }, byTest);
  await until('what was missing is made', has('ssh_host_ed25519_key'));
  const rotate = { metadata: { annotations: { 'gitingress.dev/rotate': 'now' } } };
  await client.mergePatch(secretType, linkKeys, rotate, byTest);
  await until('the next key is published', async () => {
    const { annotations } = (await client.get(secretType, linkKeys))?.metadata ?? {};
    return annotations?.['gitingress.dev/rotation-published-at'] !== undefined;
  });
});

test('the report of a gateway that is gone is removed, and of one that lives is not', async (context) => {
  const second = await startGateway(scope, {
    ...gatewayOptions,
    pod: 'gateway-1',
    kubeconfig: await chart.gatewayKubeconfig('gateway-1'),
  });
  const names = async (): Promise<readonly string[]> => {
    const page = await client.listPage(reportType, { namespace, limit: 10 });
    return page.items.map(({ metadata }) => metadata.name);
  };
  await until('two reports', async () => (await names()).length === 2);
  // As the operator does, which takes ten minutes to be sure.
  const ending = new AbortController();
  const gateways = followGateways({
    ...{ client: connect(context, chart.operatorKubeconfig).client, namespace, registry: new Registry() },
    ...{ log: pino({ level: 'silent' }), signal: ending.signal, sweepAfterMs: 6_000 },
  });
  await until('two are alive', () => gateways.alive === 2);
  await second.kill();
  await until('one is alive', () => gateways.alive === 1);
  await gateways.sweep();
  assert.deepEqual(await names(), ['gateway-0']);
  ending.abort();
  await gateways.closed;
});

test('operator and gateway asked for nothing that they may not, and may nothing that they did not ask for', async () => {
  assert.equal(await gateway.stop(), 0);
  assert.equal(await operator.stop(), 0);
  await server.mustKubectl(['-n', 'other', 'create', 'serviceaccount', 'nobody']);
  const { stdout: token } = await server.mustKubectl(['-n', 'other', 'create', 'token', 'nobody']);
  const granted = (kubeconfig: string) => grantsIn(createRequester(scope, server, kubeconfig), namespace);
  const toAll = await granted(server.kubeconfig('nobody', token.trim()));
  for (const [component, kubeconfig] of [
    ['operator', chart.operatorKubeconfig],
    ['gateway', gatewayKubeconfig],
  ] as const) {
    const { used, refused } = verbsOf(`system:serviceaccount:${namespace}:${chart.release}-${component}`);
    assert.ok(used.size > 0);
    assert.deepEqual(refused, [], component);
    const unused = [...(await granted(kubeconfig))].filter((verb) => !toAll.has(verb) && !used.has(verb));
    assert.deepEqual(unused, [], component);
  }
});

/** As `grantsIn`: what somebody asked for, with the names of objects and without. */
function verbsOf(username: string): { readonly used: ReadonlySet<string>; readonly refused: readonly string[] } {
  const used = new Set<string>();
  const refused = new Set<string>();
  for (const { verb, user, objectRef, responseStatus } of server.auditLog()) {
    if (user.username !== username || objectRef?.resource === undefined) continue;
    const { apiGroup = 'core', resource, subresource, name = '' } = objectRef;
    const what = `${apiGroup}/${resource}${subresource === undefined ? '' : `/${subresource}`}`;
    const code = responseStatus?.code;
    if (code === 403) refused.add(`${verb} ${what} ${name}`);
    // What is applied and was not there needs the verb that would create it, too.
    for (const each of verb === 'patch' && code === 201 ? ['patch', 'create'] : [verb])
      for (const target of [what, `${what} ${name}`]) used.add(`${each} ${target}`);
  }
  return { used, refused: [...refused] };
}
