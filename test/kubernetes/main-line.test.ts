/**
 * The whole of it, as a platform team meets it: the chart, operator and gateway under the identities that it makes, the keys
 * that the operator makes, a repository server on TCP, `kubectl apply` of examples/cluster/, OpenSSH and git. The kubelet
 * is this test. The same folder then serves `git-ingress run`.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type ApiServer, startApiServer } from '../harness/api-server.ts';
import { type Client, createClient, type Key, makeKey } from '../harness/client.ts';
import { createFileScope } from '../harness/file-scope.ts';
import { freePort } from '../harness/free-port.ts';
import { startRepositoryServer } from '../harness/gateway.ts';
import { type InstalledChart, installChart } from '../harness/install-chart.ts';
import { manifest, sshKey } from '../harness/manifest.ts';
import { run } from '../harness/run.ts';
import { executable, startServerProcess } from '../harness/server-process.ts';
import { makeHome, type SshHost, startStandalone } from '../harness/standalone.ts';
import { until } from '../harness/wait.ts';
import { makeWorkTree } from '../harness/work-tree.ts';

const examples = join(import.meta.dirname, '../../examples/cluster');
const scope = createFileScope({ after });

/** People of the examples, whose keys are placeholders there. */
const people = { alice: 'shop', bob: 'shop', carol: 'platform' } as const;
type Person = keyof typeof people;
const names = Object.keys(people) as readonly Person[];

async function makeKeys(home: string): Promise<Readonly<Record<Person, Key>>> {
  const keys = await Promise.all(names.map(async (name) => [name, await makeKey(home, name)] as const));
  return Object.fromEntries(keys) as Record<Person, Key>;
}

const manifestOf = (name: Person, { publicKey }: Key): string =>
  manifest(sshKey(`${name}-test`, { publicKey, userRef: { name } }, people[name]));

/** Clone, commit, push and clone again; and whoever may not is refused. */
async function useExamples(server: SshHost, keys: Readonly<Record<Person, Key>>): Promise<void> {
  const folder = mkdtempSync(join(server.home, 'work-'));
  const { alice, bob, carol } = Object.fromEntries(
    names.map((name) => [name, createClient(server, keys[name])]),
  ) as Record<Person, Client>;
  const website = alice.url('shop/website');
  await alice.mustGit(folder, ['clone', '--quiet', website, 'first']);
  const tree = await makeWorkTree(server.home, join(folder, 'first'));
  const commit = await tree.commit('index.html');
  await alice.mustGit(tree.folder, ['push', '--quiet', 'origin', 'HEAD:main', 'HEAD:refs/tags/v1']);
  await carol.mustGit(folder, ['clone', '--quiet', website, 'second']);
  assert.equal(readFileSync(join(folder, 'second/index.html'), 'utf8'), 'index.html\n');

  const push = async (client: Client, path: string, refspec: string): Promise<string> => {
    const { status, stderr } = await client.git(tree.folder, ['push', '--force', client.url(path), refspec]);
    return status === 0 ? 'done' : stderr;
  };
  assert.equal(await push(bob, 'shop/website', 'HEAD:refs/heads/bob'), 'done');
  assert.match(await push(bob, 'shop/website', 'HEAD:refs/tags/v2'), /remote: .*spec\.refRules\[1\]/);
  assert.match(await push(carol, 'shop/website', 'HEAD:refs/heads/carol'), /Write/);
  assert.match(await push(alice, 'shop/website', ':main'), /remote: /);
  assert.equal(await push(carol, 'platform/templates', 'HEAD:main'), 'done');
  assert.match(await push(carol, 'platform/old-templates', 'HEAD:main'), /replaced by platform\/templates/);
  const { stdout } = await bob.mustGit(folder, ['ls-remote', bob.url('platform/templates'), 'main']);
  assert.equal(stdout, `${commit}\trefs/heads/main\n`);
}

test('the examples are clean, but for the namespaces that an API server needs', async () => {
  const { status, stdout } = await run(executable, ['check', '--operator-path-prefixes', '', examples]);
  assert.equal(status, 0, stdout);
  assert.deepEqual(
    stdout.split('\n').filter((row) => !/^accepted {2}\w+ [\w/-]+ +.+:\d+$|^ignored {3}v1 Namespace /.test(row)),
    ['10 accepted, 0 refused', ''],
  );
});

/** What the kubelet would put into the files of a pod. */
async function contentOf(server: ApiServer, chart: InstalledChart, kind: string, name: string, key: string) {
  const path = `{.data.${key.replaceAll('.', '\\.')}}`;
  const get = ['-n', chart.namespace, 'get', kind, `${chart.release}-${name}`, '-o', `jsonpath=${path}`];
  const text = await until(`the ${kind} ${name}`, async () => (await server.kubectl(get)).stdout || undefined);
  return kind === 'secret' ? Buffer.from(text, 'base64').toString() : text;
}

/** The gateway's pod: its folder has the mounted keys, and what a person would fetch for known_hosts. */
async function startGatewayPod(server: ApiServer, chart: InstalledChart, port: number): Promise<SshHost> {
  const data = mkdtempSync(join(server.home, 'gateway-'));
  const hostKeys = join(data, 'host-keys');
  mkdirSync(hostKeys);
  for (const file of ['ssh_host_ed25519_key', 'ssh_host_rsa_key']) {
    const text = await contentOf(server, chart, 'secret', 'host-keys', file);
    writeFileSync(join(hostKeys, file), text, { mode: 0o600 });
  }
  const knownHosts = await contentOf(server, chart, 'configmap', 'known-hosts', 'known_hosts');
  for (const line of knownHosts.trim().split('\n')) {
    const [host, type, base64] = line.split(' ');
    assert.equal(host, `[127.0.0.1]:${port}`);
    const file = type === 'ssh-rsa' ? 'ssh_host_rsa_key.pub' : 'ssh_host_ed25519_key.pub';
    writeFileSync(join(hostKeys, file), `${type} ${base64}\n`);
  }
  const linkKey = join(data, 'gateway.pem');
  const signingKey = await contentOf(server, chart, 'secret', 'link-keys', 'gateway.pem');
  writeFileSync(linkKey, signingKey, { mode: 0o600 });
  const gateways = await contentOf(server, chart, 'configmap', 'link-keys', 'gateway.pem');
  const repositories = await startRepositoryServer(scope, server.home, 'repository-0', gateways);
  await startServerProcess(scope, [
    ...['gateway', '--ssh-listen', `127.0.0.1:${port}`, '--gateway-host-keys', hostKeys],
    ...['--kubernetes-kubeconfig', await chart.gatewayKubeconfig('gateway-0'), '--gateway-pod', 'gateway-0'],
    ...['--kubernetes-namespace', chart.namespace, '--gateway-link-key', linkKey],
    ...['--gateway-repository', repositories.address, '--gateway-repository-pod', repositories.pod],
  ]);
  return { home: server.home, data, port };
}

test('kubectl apply, kubectl wait, git clone', async () => {
  const server = await startApiServer(scope);
  const chart = await installChart(server);
  const port = await freePort();
  await startServerProcess(scope, [
    ...['operator', '--kubernetes-kubeconfig', chart.operatorKubeconfig, '--kubernetes-namespace', chart.namespace],
    ...['--operator-host-names', `127.0.0.1:${port}`],
  ]);
  const gateway = await startGatewayPod(server, chart, port);

  await server.mustKubectl(['apply', '-f', examples]);
  const keys = await makeKeys(server.home);
  for (const name of names) await server.mustKubectl(['apply', '-f', '-'], { input: manifestOf(name, keys[name]) });
  const wait = ['wait', '--for=condition=Programmed', '--all', '--all-namespaces', '--timeout=30s'];
  const { stdout } = await server.mustKubectl([...wait, 'sshkey']);
  assert.equal(stdout.match(/condition met/g)?.length, 7);
  await useExamples(gateway, keys);
  const url = ['-n', 'shop', 'get', 'repository', 'website', '-o', 'jsonpath={.status.url}'];
  assert.equal((await server.mustKubectl(url)).stdout, createClient(gateway, keys.alice).url('shop/website'));

  await server.mustKubectl(['-n', 'shop', 'delete', 'sshkey', 'alice-test']);
  const alice = createClient(gateway, keys.alice);
  await until('the key is refused', async () => (await alice.ssh([])).stderr.includes('Permission denied'), 5_000);
});

test('the same folder, without a cluster', async (context) => {
  const home = makeHome();
  const keys = await makeKeys(home);
  for (const file of readdirSync(examples)) cpSync(join(examples, file), join(home, 'manifests', file));
  const manifests = Object.fromEntries(names.map((name) => [`${name}.yaml`, manifestOf(name, keys[name])]));
  await useExamples(await startStandalone(context, { home, manifests }), keys);
});
