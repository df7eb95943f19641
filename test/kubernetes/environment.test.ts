import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { startApiServer } from '../harness/api-server.ts';
import { helmProgram, kubernetesPrograms } from '../harness/kubernetes-programs.ts';
import { listProcesses } from '../harness/processes.ts';
import { must, run } from '../harness/run.ts';
import { until } from '../harness/wait.ts';

// Where they have to be built, that is no part of the start.
await kubernetesPrograms();
const begin = performance.now();
const server = await startApiServer({ after }, { users: { alice: [], bob: ['developers'] }, audit: 'Metadata' });
const startedInMs = performance.now() - begin;

/** A pinned version, of one of the modules that the tests' programs are built from. */
function pinned(goModule: string, path: string): string | undefined {
  const goMod = readFileSync(new URL(`../${goModule}/go.mod`, import.meta.url), 'utf8');
  return new RegExp(`^\\s${path} (v\\S+)`, 'm').exec(goMod)?.[1];
}

async function makeConfigMap(namespace: string, name: string): Promise<void> {
  await server.mustKubectl(['-n', namespace, 'create', 'configmap', name]);
}

test('the API server is ready within 10 seconds', (t) => {
  t.diagnostic(`ready in ${Math.round(startedInMs)} ms`);
  assert.ok(startedInMs < 10_000, `${startedInMs} ms`);
});

test('kubectl and API server are of the version that go.mod pins', async () => {
  const { stdout } = await server.mustKubectl(['version', '--output=json']);
  const { clientVersion, serverVersion } = JSON.parse(stdout);
  // KUBEBUILDER_ASSETS may bring others.
  if (process.env.KUBEBUILDER_ASSETS !== undefined) return;
  assert.equal(serverVersion.gitVersion, pinned('kubernetes', 'k8s.io/kubernetes'));
  assert.equal(clientVersion.gitVersion, serverVersion.gitVersion);
});

test('RBAC refuses whoever it was not told of, and nobody gets in without a token', async () => {
  const refused = await server.kubectl(['get', 'namespaces'], { user: 'alice' });
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /namespaces is forbidden: User "alice" cannot list/);
  const stranger = server.kubeconfig('stranger', 'not-a-token');
  const unknown = await server.kubectl(['get', 'namespaces'], { env: { KUBECONFIG: stranger } });
  assert.match(unknown.stderr, /Unauthorized|must be logged in/);
});

test('identities differ: what one is granted, the other is not', async () => {
  const namespace = await server.namespace();
  const inNamespace = ['-n', namespace];
  await server.mustKubectl([...inNamespace, 'create', 'role', 'reader', '--verb=list', '--resource=configmaps']);
  await server.mustKubectl([...inNamespace, 'create', 'rolebinding', 'r', '--role=reader', '--group=developers']);
  const list = [...inNamespace, 'get', 'configmaps'];
  await until('bob may list', async () => (await server.kubectl(list, { user: 'bob' })).status === 0);
  assert.equal((await server.kubectl(list, { user: 'alice' })).status, 1);

  const asked = server.auditLog().filter(({ objectRef }) => objectRef?.namespace === namespace);
  const listed = asked.filter(({ verb }) => verb === 'list');
  const answers = listed.map(({ user, responseStatus }) => `${user.username} ${responseStatus?.code}`);
  assert.equal(answers.at(-2), 'bob 200');
  assert.equal(answers.at(-1), 'alice 403');
});

test('a restart keeps the address and the data', async () => {
  const namespace = await server.namespace();
  const { pid } = server;
  await server.kill();
  assert.equal(existsSync(`/proc/${pid}`), false);
  assert.notEqual((await server.kubectl(['get', 'namespaces', '--request-timeout=2s'])).status, 0);
  await server.restart();
  assert.notEqual(server.pid, pid);
  await server.mustKubectl(['get', 'namespace', namespace]);
});

test('after a compaction and a restart, the past is gone for lists and watches', async () => {
  const namespace = await server.namespace();
  for (const name of ['a', 'b']) await makeConfigMap(namespace, name);
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const { metadata } = JSON.parse((await server.mustKubectl(['get', '--raw', `${path}?limit=1`])).stdout);
  const continuation = `${path}?limit=1&continue=${encodeURIComponent(metadata.continue)}`;
  const watch = `${path}?watch=1&timeoutSeconds=1&resourceVersion=${metadata.resourceVersion}`;
  await server.mustKubectl(['get', '--raw', continuation]);
  assert.doesNotMatch((await server.mustKubectl(['get', '--raw', watch])).stdout, /"code":410/);

  await makeConfigMap(namespace, 'c');
  await server.compact();
  await server.restart();
  assert.match((await server.kubectl(['get', '--raw', continuation])).stderr, /too old|expired/);
  assert.match((await server.mustKubectl(['get', '--raw', watch])).stdout, /"type":"ERROR".*"code":410/);
});

test('the controller manager gives namespaces their service accounts, and takes down what was deleted', async () => {
  await server.startControllerManager();
  const namespace = await server.namespace();
  await until('the namespace has a service account', async () => {
    return (await server.kubectl(['-n', namespace, 'get', 'serviceaccount', 'default'])).status === 0;
  });
  await makeConfigMap(namespace, 'a');
  await server.mustKubectl(['delete', 'namespace', namespace, '--timeout=30s']);
  assert.equal((await server.kubectl(['get', 'namespace', namespace])).status, 1);
});

test('a token that the server gave out for a pod says so', async () => {
  const namespace = await server.namespace();
  const inNamespace = ['-n', namespace];
  await server.mustKubectl([...inNamespace, 'create', 'serviceaccount', 'gateway']);
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'gateway-0' },
    spec: { serviceAccountName: 'gateway', containers: [{ name: 'gateway', image: 'localhost/none:1' }] },
  };
  await server.mustKubectl([...inNamespace, 'create', '-f', '-'], { input: JSON.stringify(pod) });
  const bound = ['--bound-object-kind=Pod', '--bound-object-name=gateway-0'];
  const { stdout: token } = await server.mustKubectl([...inNamespace, 'create', 'token', 'gateway', ...bound]);
  const env = { KUBECONFIG: server.kubeconfig('gateway-0', token.trim()) };
  const { stdout } = await server.mustKubectl(['auth', 'whoami', '--output=json'], { env });
  const { userInfo } = JSON.parse(stdout).status;
  assert.equal(userInfo.username, `system:serviceaccount:${namespace}:gateway`);
  assert.deepEqual(userInfo.extra['authentication.kubernetes.io/pod-name'], ['gateway-0']);
});

test('a disaster leaves the address and no object', async () => {
  const namespace = await server.namespace();
  await server.empty();
  const { stderr } = await server.kubectl(['get', 'namespace', namespace]);
  assert.match(stderr, /NotFound/);
});

test('the servers end with the process that started them, even if that is killed', async () => {
  const program = `
    import { readFileSync } from 'node:fs';
    import { startDaemon } from '${new URL('../harness/daemon.ts', import.meta.url)}';
    import { until } from '${new URL('../harness/wait.ts', import.meta.url)}';
    const { pid } = startDaemon('sleep', ['600'], '/dev/null');
    await until('it runs', () => readFileSync(\`/proc/\${pid}/cmdline\`, 'utf8').startsWith('sleep'));
    console.log(pid);
    process.kill(process.pid, 'SIGKILL');
  `;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program]);
  const pid = Number(stdout);
  assert.ok(pid > 0, stdout);
  await until('the daemon has ended', () => listProcesses().every((process) => process.pid !== pid));
});

test('Helm is of the pinned version, or what this machine has', async () => {
  const helm = await helmProgram();
  const { stdout } = await must(helm, ['version', '--template', '{{.Version}}']);
  if (helm.includes('/git-ingress/')) assert.equal(stdout, pinned('helm', 'helm.sh/helm/v4'));
  else assert.match(stdout, /^v[34]\./);
});
