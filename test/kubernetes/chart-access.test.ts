/** What operator and gateway may do under what the chart grants them, with tokens as the kubelet gives them to pods. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startApiServer } from '../harness/api-server.ts';
import { installChart } from '../harness/install-chart.ts';
import { createRequester, type Requester } from '../harness/requester.ts';
import type { Outcome } from '../harness/run.ts';
import { until } from '../harness/wait.ts';
import { grantsIn, tryEverything } from './grants.ts';

const server = await startApiServer({ after });
const chart = await installChart(server);
const gateway = await chart.gatewayKubeconfig('gateway-0');
const elsewhere = await server.namespace();

const requester = (kubeconfig: string): Requester => createRequester({ after }, server, kubeconfig);
const asGateway = requester(gateway);
const asOperator = requester(chart.operatorKubeconfig);

/** Somebody of whom RBAC knows nothing: what even they may do is not the chart's. */
await server.mustKubectl(['-n', elsewhere, 'create', 'serviceaccount', 'nobody']);
const { stdout } = await server.mustKubectl(['-n', elsewhere, 'create', 'token', 'nobody']);
const asNobody = requester(server.kubeconfig('nobody', stdout.trim()));

/** What somebody may do, in fact, that is the chart's doing. */
async function allowed(ask: Requester, namespaces: readonly string[]): Promise<readonly string[]> {
  const toAll = await tryEverything(asNobody, namespaces);
  return sorted([...(await tryEverything(ask, namespaces))].filter((name) => !toAll.has(name)));
}

/** The same on paper. */
async function granted(ask: Requester, namespace: string): Promise<readonly string[]> {
  const toAll = await grantsIn(asNobody, namespace);
  return sorted([...(await grantsIn(ask, namespace))].filter((name) => !toAll.has(name)));
}

const sorted = (names: Iterable<string>): readonly string[] => [...names].sort();

const ours = 'gitingress.dev/v1alpha1';
const verbs = (list: string, ...resources: readonly string[]): readonly string[] =>
  resources.flatMap((resource) => list.split(' ').map((verb) => `${verb} ${resource}`));

test('a gateway reads the index and writes reports, and may do nothing else of all that the API server serves', async () => {
  const expected = [
    ...verbs('get list watch', `${ours}/accessindexshards in ${chart.namespace}`),
    ...verbs('create patch', `${ours}/gatewayreports in ${chart.namespace}`),
  ];
  assert.deepEqual(await allowed(asGateway, [chart.namespace, elsewhere, 'kube-system']), sorted(expected));
});

test('a gateway is granted nothing else on paper either, in no namespace', async () => {
  const expected = [
    ...verbs('get list watch', 'gitingress.dev/accessindexshards'),
    ...verbs('create patch', 'gitingress.dev/gatewayreports'),
  ];
  assert.deepEqual(await granted(asGateway, chart.namespace), sorted(expected));
  for (const namespace of [elsewhere, 'kube-system', 'default'])
    assert.deepEqual(await granted(asGateway, namespace), []);
});

test('the operator is granted what it needs in its own namespace, and to read and judge what people write in all', async () => {
  const people = ['gitusers', 'sshkeys', 'repositories'].map((kind) => `gitingress.dev/${kind}`);
  const inAll = [
    ...verbs('list watch', ...people),
    ...verbs('patch', ...people.map((kind) => `${kind}/status`)),
    ...verbs('create patch', 'events.k8s.io/events'),
  ];
  const inItsOwn = [
    ...verbs('get list watch create update delete', 'gitingress.dev/accessindexshards'),
    ...verbs('list watch delete', 'gitingress.dev/gatewayreports'),
    ...verbs('create', 'coordination.k8s.io/leases', 'core/secrets'),
    ...verbs('get update', 'coordination.k8s.io/leases git-ingress-operator'),
    ...verbs('get list watch patch', 'core/secrets git-ingress-host-keys', 'core/secrets git-ingress-link-keys'),
    ...verbs(
      'get list watch create patch',
      'core/configmaps git-ingress-known-hosts',
      'core/configmaps git-ingress-link-keys',
    ),
  ];
  assert.deepEqual(await granted(asOperator, elsewhere), sorted(inAll));
  assert.deepEqual(await granted(asOperator, chart.namespace), sorted([...inAll, ...inItsOwn]));
});

test('the operator may do in fact what it is granted, and nothing else', async () => {
  const everywhere = ['the cluster', chart.namespace, elsewhere];
  const namespaces = [chart.namespace, elsewhere];
  const people = ['gitusers', 'sshkeys', 'repositories'].map((kind) => `${ours}/${kind}`);
  const expected = [
    ...everywhere.flatMap((place) => verbs('list watch', ...people.map((kind) => `${kind} in ${place}`))),
    ...namespaces.flatMap((place) => verbs('patch', ...people.map((kind) => `${kind}/status in ${place}`))),
    ...namespaces.flatMap((place) => verbs('create patch', `events.k8s.io/v1/events in ${place}`)),
    ...verbs('get list watch create update delete', `${ours}/accessindexshards in ${chart.namespace}`),
    ...verbs('list watch delete', `${ours}/gatewayreports in ${chart.namespace}`),
    ...verbs('create', `coordination.k8s.io/v1/leases in ${chart.namespace}`, `v1/secrets in ${chart.namespace}`),
  ];
  assert.deepEqual(await allowed(asOperator, namespaces), sorted(expected));
});

test('the operator lists and watches the Secrets and ConfigMaps of its own by name, and no others', async () => {
  for (const [resource, name] of [
    ['secrets', 'git-ingress-host-keys'],
    ['secrets', 'git-ingress-link-keys'],
    ['configmaps', 'git-ingress-known-hosts'],
    ['configmaps', 'git-ingress-link-keys'],
  ]) {
    const path = `/api/v1/namespaces/${chart.namespace}/${resource}`;
    for (const query of ['', 'watch=true&']) {
      const named = await asOperator('GET', `${path}?${query}fieldSelector=metadata.name%3D${name}`);
      assert.equal(named.status, 200, `${resource} ${name}: ${named.body}`);
      assert.equal((await asOperator('GET', `${path}?${query}fieldSelector=metadata.name%3Danother`)).status, 403);
    }
  }
});

type ReportOptions = { readonly name?: string; readonly heartbeat?: number; readonly metadata?: object };

const reportOf = ({ name = 'gateway-0', heartbeat = 0, metadata = {} }: ReportOptions): string =>
  JSON.stringify({
    apiVersion: ours,
    kind: 'GatewayReport',
    metadata: { name, namespace: chart.namespace, ...metadata },
    spec: { epoch: 0, revision: 0, heartbeat, sessions: 0 },
  });

const write = (kubeconfig: string, report: ReportOptions, ...how: readonly string[]): Promise<Outcome> =>
  server.kubectl([...(how.length === 0 ? ['apply', '--server-side'] : how), '-f', '-'], {
    env: { KUBECONFIG: kubeconfig },
    input: reportOf(report),
  });

const assertRefused = ({ status, stderr }: Outcome, why: RegExp): void => {
  assert.equal(status, 1);
  assert.match(stderr, why);
};

test('a gateway writes its own report, and no other', async () => {
  const other = await chart.gatewayKubeconfig('gateway-1');
  for (const heartbeat of [1, 2]) assert.equal((await write(gateway, { heartbeat })).status, 0);
  assert.equal((await write(other, { name: 'gateway-1' })).status, 0);
  const why = /forbidden: ValidatingAdmissionPolicy 'git-ingress-gateway'.*named after its pod/;
  assertRefused(await write(other, { heartbeat: 3 }), why);
  assertRefused(await write(gateway, { name: 'gateway-1', heartbeat: 3 }), why);
  assertRefused(await write(gateway, { name: 'gateway-2' }), why);
  assertRefused(await write(gateway, { name: 'gateway-2' }, 'create'), why);
  const theirs = `/apis/${ours}/namespaces/${chart.namespace}/gatewayreports/gateway-1`;
  const patch = { type: 'application/merge-patch+json', body: { spec: { epoch: 7 } } };
  const patched = await asGateway('PATCH', theirs, patch);
  assert.equal(patched.status, 403);
  assert.match(patched.body, /named after its pod/);
  // generateName: the name is the API server's choice.
  const nameless = { name: undefined, generateName: 'gateway-' };
  assertRefused(await write(gateway, { metadata: nameless }, 'create'), why);
});

test('a report has no finalizers, which would outlive its gateway', async () => {
  assertRefused(await write(gateway, { metadata: { finalizers: ['example.dev/stay'] } }), /no finalizers/);
});

test("a gateway's token is good for a report only if it was given to a pod", async () => {
  const token = async (...bound: readonly string[]): Promise<string> => {
    const args = ['-n', chart.namespace, 'create', 'token', 'git-ingress-gateway', ...bound];
    return (await server.mustKubectl(args)).stdout.trim();
  };
  const why = /ValidatingAdmissionPolicy 'git-ingress-gateway'.*with the token of its pod/;
  const unbound = server.kubeconfig('unbound', await token());
  assertRefused(await write(unbound, {}), why);
  await server.mustKubectl(['-n', chart.namespace, 'create', 'secret', 'generic', 'gateway-0']);
  const ofSecret = await token('--bound-object-kind=Secret', '--bound-object-name=gateway-0');
  assertRefused(await write(server.kubeconfig('of-secret', ofSecret), {}), why);
});

test('the operator removes reports, and whoever else RBAC lets write them is not held up', async () => {
  const admin = server.kubeconfig('admin');
  assert.equal((await write(admin, { name: 'of-admin' })).status, 0);
  assertRefused(await write(chart.operatorKubeconfig, { name: 'of-operator' }), /cannot patch resource/);
  const remove = ['-n', chart.namespace, 'delete', 'gatewayreport', 'of-admin'];
  assertRefused(await server.kubectl(remove, { env: { KUBECONFIG: gateway } }), /cannot delete resource/);
  const removed = await server.kubectl(remove, { env: { KUBECONFIG: chart.operatorKubeconfig } });
  assert.match(removed.stdout, /of-admin" deleted/);
});

await server.mustKubectl(['create', '-f', '-'], {
  input: JSON.stringify({
    apiVersion: ours,
    kind: 'AccessIndexShard',
    metadata: { name: 'manifest', namespace: chart.namespace },
    spec: { data: '{}' },
  }),
});

for (const [what, args] of [
  ['read the host keys', ['get', 'secret', 'git-ingress-host-keys']],
  ['list Secrets', ['get', 'secrets']],
  ['read users', ['get', 'gitusers', '--all-namespaces']],
  ['read keys', ['get', 'sshkeys']],
  ['read reports', ['get', 'gatewayreports']],
  ['edit the index', ['patch', 'accessindexshard', 'manifest', '--type=merge', '-p', '{"spec":{"data":"x"}}']],
  ['remove the index', ['delete', 'accessindexshards', '--all']],
  ['set a status', ['patch', 'sshkey', 'x', '--subresource=status', '--type=merge', '-p', '{"status":{}}']],
  ["take the operator's Lease", ['get', 'lease', 'git-ingress-operator']],
  ['ask for tokens', ['create', 'token', 'git-ingress-operator']],
  ['see pods', ['get', 'pods']],
] as const) {
  test(`a gateway cannot ${what}`, async () => {
    const refused = await server.kubectl(['-n', chart.namespace, ...args], { env: { KUBECONFIG: gateway } });
    assertRefused(refused, /is forbidden: User/);
  });
}

test('edit is not enough to become somebody else: keys and users are for the administrators of a namespace', async () => {
  await server.startControllerManager();
  const may = async (role: string, verb: string, kind: string): Promise<boolean> => {
    const question = ['auth', 'can-i', verb, `${kind}.gitingress.dev`, '--namespace', elsewhere, `--as=${role}`];
    return (await server.kubectl(question)).status === 0;
  };
  for (const role of ['view', 'edit', 'admin'])
    await server.mustKubectl([
      '-n',
      elsewhere,
      'create',
      'rolebinding',
      role,
      `--clusterrole=${role}`,
      `--user=${role}`,
    ]);
  await until('the roles are aggregated', () => may('admin', 'create', 'sshkeys'));
  for (const kind of ['gitusers', 'sshkeys']) {
    assert.ok(await may('view', 'watch', kind));
    assert.ok(!(await may('edit', 'create', kind)));
    assert.ok(!(await may('edit', 'patch', kind)));
    assert.ok(await may('admin', 'patch', kind));
  }
  assert.ok(!(await may('view', 'create', 'repositories')));
  assert.ok(await may('edit', 'create', 'repositories'));
  assert.ok(!(await may('admin', 'get', 'accessindexshards')));
  assert.ok(!(await may('admin', 'patch', 'gatewayreports')));
});

test('the traffic of the index has a share of its own of the API server, and that of statuses has not', async () => {
  const uidOf = async (kind: string, name: string): Promise<string> =>
    (await server.mustKubectl(['get', kind, name, '--output=jsonpath={.metadata.uid}'])).stdout;
  const own = await uidOf('flowschema', 'git-ingress-index');
  const level = await uidOf('prioritylevelconfiguration', 'git-ingress-index');
  const flowOf = async (ask: Requester, method: string, path: string): Promise<unknown> => {
    const { headers } = await ask(
      method,
      path,
      method === 'PATCH' ? { type: 'application/merge-patch+json', body: {} } : undefined,
    );
    return [headers['x-kubernetes-pf-flowschema-uid'], headers['x-kubernetes-pf-prioritylevel-uid']];
  };
  const base = `/apis/${ours}`;
  const inNamespace = `${base}/namespaces/${chart.namespace}`;
  for (const [ask, path] of [
    [asGateway, `${inNamespace}/accessindexshards`],
    [asOperator, `${inNamespace}/accessindexshards`],
    [asOperator, `${base}/sshkeys?limit=1`],
    [asOperator, `/apis/coordination.k8s.io/v1/namespaces/${chart.namespace}/leases/git-ingress-operator`],
  ] as const) {
    assert.deepEqual(await flowOf(ask, 'GET', path), [own, level], path);
  }
  const [status] = (await flowOf(asOperator, 'PATCH', `${inNamespace}/sshkeys/x/status`)) as readonly string[];
  assert.equal(status, await uidOf('flowschema', 'service-accounts'));
});
