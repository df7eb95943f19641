import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connectCluster } from './connection.ts';
import { loadCluster } from './kube-config.ts';
import { createRestClient } from './rest-client.ts';
import { answerJson, buildKubeconfig, buildStatus, startOddServer } from './testing/odd-server.ts';

function withEnvironment(context: TestContext, variables: Readonly<Record<string, string | undefined>>): void {
  const before = { ...process.env };
  const set = (name: string, value: string | undefined): void => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };
  for (const [name, value] of Object.entries(variables)) set(name, value);
  context.after(() => {
    for (const name of Object.keys(variables)) set(name, before[name]);
  });
}

function makeFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kube-config-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('in a pod: its service account, whose token is read again when it was refused', async (context) => {
  const tokens: unknown[] = [];
  const server = await startOddServer(context, (request, response) => {
    tokens.push(request.headers.authorization);
    if (request.headers.authorization === 'Bearer second') answerJson(response, 200, {});
    else answerJson(response, 401, buildStatus(401, 'Unauthorized'));
  });
  const podRoot = makeFolder(context);
  const folder = join(podRoot, 'var/run/secrets/kubernetes.io/serviceaccount');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'ca.crt'), readFileSync(server.caFile));
  writeFileSync(join(folder, 'namespace'), 'git-ingress\n');
  writeFileSync(join(folder, 'token'), 'first\n');
  withEnvironment(context, {
    ...{ KUBECONFIG: undefined, KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: `${server.port}` },
  });
  const connection = connectCluster({ podRoot });
  context.after(() => connection.destroy());
  assert.equal(connection.namespace, 'git-ingress');
  const client = createRestClient(connection);
  await assert.rejects(client.json({ method: 'GET', path: '/' }), { status: 401 });
  writeFileSync(join(folder, 'token'), 'second\n');
  await client.json({ method: 'GET', path: '/' });
  assert.deepEqual(tokens, ['Bearer first', 'Bearer first', 'Bearer first', 'Bearer second']);
});

test('outside of a pod: $KUBECONFIG, then ~/.kube/config, else words that say what to do', (context) => {
  const home = makeFolder(context);
  const none = { KUBECONFIG: undefined, KUBERNETES_SERVICE_HOST: undefined, HOME: home };
  withEnvironment(context, none);
  assert.throws(() => loadCluster({}), /name one with --kubeconfig/);
  mkdirSync(join(home, '.kube'));
  writeFileSync(join(home, '.kube/config'), buildKubeconfig('https://home:6443', '/ca'));
  assert.equal(loadCluster({}).server, 'https://home:6443');
  writeFileSync(join(home, 'other'), buildKubeconfig('https://other:6443/prefix/', '/ca'));
  process.env.KUBECONFIG = join(home, 'other');
  assert.deepEqual([loadCluster({}).server, loadCluster({}).namespace], ['https://other:6443/prefix', 'tenant']);
});

test('proxies that are not supported are refused at once', (context) => {
  const file = join(makeFolder(context), 'kubeconfig');
  const config = JSON.parse(buildKubeconfig('https://server:6443', '/ca'));
  config.clusters[0].cluster['proxy-url'] = 'socks5://proxy:1080';
  writeFileSync(file, JSON.stringify(config));
  assert.throws(() => loadCluster({ kubeconfig: file }), /only http:\/\/ and https:\/\/ ones/);
});

test('a user of a kubeconfig is who the file says, files being looked for beside it and read anew', async (context) => {
  const folder = makeFolder(context);
  const file = join(folder, 'kubeconfig');
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  for (const name of ['ca', 'cert', 'key', 'token']) writeFileSync(join(folder, name), `${name} 1`);
  const load = (cluster: object, user: object): ReturnType<typeof loadCluster> => {
    const config = JSON.parse(buildKubeconfig('https://server:6443', 'ca'));
    Object.assign(config.clusters[0].cluster, cluster);
    config.users[0].user = user;
    writeFileSync(file, JSON.stringify(config));
    return loadCluster({ kubeconfig: file });
  };
  const byToken = load({ 'tls-server-name': 'other' }, { token: 'ignored', tokenFile: 'token' });
  assert.deepEqual(await byToken.credentials(), {
    headers: { authorization: 'Bearer token 1' },
    tls: { ca: Buffer.from('ca 1'), servername: 'other' },
  });
  writeFileSync(join(folder, 'token'), 'token 2\n');
  assert.equal((await byToken.credentials()).headers.authorization, 'Bearer token 2');
  const byCertificate = load(
    { 'certificate-authority-data': base64('inline'), 'insecure-skip-tls-verify': true },
    { 'client-certificate': 'cert', 'client-key-data': base64('key 2'), as: 'alice' },
  );
  assert.deepEqual(await byCertificate.credentials(), {
    headers: { 'impersonate-user': 'alice' },
    tls: {
      ...{ ca: Buffer.from('inline'), cert: Buffer.from('cert 1'), key: Buffer.from('key 2') },
      rejectUnauthorized: false,
    },
  });
  const byPassword = await load({}, { username: 'alice', password: 'secret' }).credentials();
  assert.equal(byPassword.headers.authorization, `Basic ${base64('alice:secret')}`);
  await assert.rejects(load({ 'certificate-authority': 'none' }, {}).credentials(), { code: 'ENOENT' });
  assert.throws(() => load({}, { as: 'alice', 'as-groups': ['few'] }), /user "test".as-groups: is not supported here/);
});

test('a credential plugin gives the token; one that hangs or fails costs no more than the deadline', async (context) => {
  const tokens: unknown[] = [];
  const server = await startOddServer(context, (request, response) => {
    tokens.push(request.headers.authorization);
    answerJson(response, 200, {});
  });
  const config = JSON.parse(buildKubeconfig(`https://127.0.0.1:${server.port}`, server.caFile));
  const credential = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: 'made' },
  };
  const ask = async (script: string, deadlineMs = 20_000): Promise<unknown> => {
    config.users[0].user = { exec: { apiVersion: credential.apiVersion, command: 'sh', args: ['-c', script] } };
    writeFileSync(server.kubeconfig, JSON.stringify(config));
    const connection = connectCluster({ kubeconfig: server.kubeconfig });
    context.after(() => connection.destroy());
    return createRestClient(connection).json({ method: 'GET', path: '/' }, { deadlineMs });
  };
  await ask(`echo '${JSON.stringify(credential)}'`);
  assert.deepEqual(tokens, ['Bearer made']);
  await assert.rejects(ask('exec sleep 2', 500), { code: 'Timeout' });
  await assert.rejects(ask('exit 1'), { code: 'NoCredentials' });
});
