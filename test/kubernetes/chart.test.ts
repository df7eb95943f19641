/** The chart, as Helm and an API server see it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadAll } from 'js-yaml';
import { commands } from '../../bin/commands.ts';
import { loadConfig } from '../../runtime/config/load-config.ts';
import type { Config } from '../../runtime/config/schema.ts';
import { startApiServer } from '../harness/api-server.ts';
import { type ChartOptions, chartFolder, helm, installChart, renderChart } from '../harness/install-chart.ts';

const server = await startApiServer({ after });
const root = join(import.meta.dirname, '..', '..');
const read = (...path: readonly string[]): string => readFileSync(join(root, ...path), 'utf8');

/** A rendered object, as far as the tests look at it. */
type Rendered = {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: of many kinds
  readonly spec: any;
  readonly rules: readonly {
    readonly resources: readonly string[];
    readonly resourceNames?: readonly string[];
    readonly verbs: readonly string[];
  }[];
};

async function render(options: ChartOptions = {}): Promise<readonly Rendered[]> {
  const documents: readonly unknown[] = loadAll(await renderChart(server, options));
  return documents.filter((document): document is Rendered => document !== null && document !== undefined);
}

async function find(kind: string, name: string, options: ChartOptions = {}): Promise<Rendered> {
  const found = (await render(options)).find((object) => object.kind === kind && object.metadata.name === name);
  assert.ok(found, `the chart makes no ${kind} ${name}`);
  return found;
}

/** Every value, away from its default. */
const allValues = {
  image: { repository: 'registry.example/git-ingress', tag: '1', pullPolicy: 'Always', pullSecrets: ['registry'] },
  hostNames: ['git.example.com', 'git.example.com:2222'],
  watchNamespaces: ['team-a', 'team-b'],
  pathPrefixes: { platform: ['tools/', 'infra/'], '42': ['x/'] },
  operator: { replicas: 3, resources: { limits: { memory: '2Gi' } } },
  gateway: {
    replicas: 5,
    repository: { address: 'repository-0.example:4222', pod: 'repository-0' },
    service: {
      ...{ type: 'NodePort', port: 2222, nodePort: 30022, externalTrafficPolicy: 'Cluster' },
      annotations: { 'example.com/balancer': 'tcp' },
    },
    hostKeys: { existingSecret: 'our-host-keys' },
    resources: { requests: { cpu: 1 } },
  },
  crds: { install: false },
};

for (const [what, values] of [
  ['its defaults', {}],
  ['all values set', allValues],
] as const) {
  test(`helm lint has no complaint, with ${what}`, async () => {
    const { status, stdout } = await helm(server, ['lint', '--strict', chartFolder], [values]);
    assert.equal(status, 0, stdout);
    assert.doesNotMatch(stdout, /WARNING|ERROR/);
  });
}

for (const [values, complaint] of [
  [{ hostName: 'git.example.com' }, /additional properties 'hostName' not allowed/],
  [{ hostNames: 'git.example.com' }, /hostNames': got string, want array/],
  [{ hostNames: ['git.example.com:0'] }, /hostNames\/0'.*does not match pattern/],
  [{ image: { pullPolicy: 'Sometimes' } }, /image\/pullPolicy'.*must be one of/],
  [{ image: { tags: 'dev' } }, /additional properties 'tags' not allowed/],
  [{ gateway: { replica: 3 } }, /gateway'.*additional properties 'replica' not allowed/],
  [{ gateway: { replicas: '3' } }, /gateway\/replicas': got string, want integer/],
  [{ gateway: { service: { type: 'ExternalName' } } }, /gateway\/service\/type'.*must be one of/],
  [{ gateway: { service: { nodePort: 70_000 } } }, /gateway\/service\/nodePort'/],
  [{ gateway: { hostKeys: { secret: 'x' } } }, /gateway\/hostKeys'.*additional properties 'secret' not allowed/],
  [{ gateway: { resources: { limit: {} } } }, /gateway\/resources'.*additional properties 'limit' not allowed/],
  [{ operator: { replicas: -1 } }, /operator\/replicas': minimum/],
  [{ watchNamespaces: ['Team'] }, /watchNamespaces\/0'.*does not match pattern/],
  [{ watchNamespaces: ['team', 'team'] }, /watchNamespaces': items at 0 and 1 are equal/],
  [{ pathPrefixes: { platform: 'tools/' } }, /pathPrefixes\/platform': got string, want array/],
  [{ pathPrefixes: { platform: ['../'] } }, /pathPrefixes\/platform\/0'.*does not match pattern/],
  [{ crds: { install: 'no' } }, /crds\/install': got string, want boolean/],
  [{ gateway: { repository: { address: '' } } }, /gateway\.repository\.address is missing/],
  [{ gateway: { repository: { pod: '' } } }, /gateway\.repository\.pod is missing/],
] as const) {
  test(`values that cannot be meant are refused: ${JSON.stringify(values)}`, async () => {
    await assert.rejects(renderChart(server, { values }), complaint);
  });
}

test('what the chart calls operator and gateway with is what they take', async () => {
  const configOf = async (component: string): Promise<Config> => {
    const { spec } = await find('Deployment', `git-ingress-${component}`, { values: allValues });
    const [name, ...args]: readonly string[] = spec.template.spec.containers[0].args;
    const command = commands.find((each) => each.name === name);
    assert.ok(command, `there is no subcommand ${name}`);
    const { accepted, required = [] } = command;
    const argv = args.map((arg) => arg.replace('$(POD_NAME)', 'a-pod'));
    const loaded = loadConfig({ accepted, required, argv, environment: {} });
    assert.ok(loaded.ok && loaded.value !== 'help', JSON.stringify(loaded));
    return loaded.value.config;
  };
  const { operator, kubernetes } = await configOf('operator');
  assert.deepEqual(operator.hostNames, allValues.hostNames);
  assert.deepEqual(operator.namespaces, allValues.watchNamespaces);
  assert.deepEqual([...operator.pathPrefixes].sort(), ['42=x/', 'platform=infra/', 'platform=tools/']);
  assert.equal(operator.hostKeysSecret, 'our-host-keys');
  assert.equal(kubernetes.release, 'git-ingress');
  const { gateway } = await configOf('gateway');
  assert.equal(gateway.pod, 'a-pod');
  assert.equal(gateway.repositoryPod, 'repository-0');
});

test('a gateway gets the private key of gateways, and not that of the operator', async () => {
  const { spec } = await find('Deployment', 'git-ingress-gateway');
  const secrets = spec.template.spec.volumes.map(({ secret }: { readonly secret: unknown }) => secret);
  assert.deepEqual(secrets, [
    { secretName: 'git-ingress-host-keys', defaultMode: 0o440 },
    { secretName: 'git-ingress-link-keys', defaultMode: 0o440, items: [{ key: 'gateway.pem', path: 'gateway.pem' }] },
  ]);
  const operator = await find('Deployment', 'git-ingress-operator');
  assert.equal(operator.spec.template.spec.volumes, undefined);
});

test('host keys of the administrator are mounted, and the operator may read them but not write them', async () => {
  const values = { gateway: { hostKeys: { existingSecret: 'our-host-keys' } } };
  const { spec } = await find('Deployment', 'git-ingress-gateway', { values });
  assert.equal(spec.template.spec.volumes[0].secret.secretName, 'our-host-keys');
  const { rules } = await find('Role', 'git-ingress-operator', { values });
  const verbs = rules.filter((rule) => rule.resourceNames?.includes('our-host-keys')).map((rule) => rule.verbs);
  assert.deepEqual(verbs, [['get', 'list', 'watch']]);
});

test('the Service is of the type that was asked for, and has a node port only where there are any', async () => {
  const service = async (values: object) => (await find('Service', 'git-ingress-gateway', { values })).spec;
  const inside = await service({ gateway: { service: { nodePort: 30_022 } } });
  assert.equal(inside.type, 'ClusterIP');
  assert.deepEqual(inside.ports, [{ name: 'ssh', port: 22, targetPort: 'ssh' }]);
  assert.equal(inside.externalTrafficPolicy, undefined);
  const outside = await service(allValues);
  assert.deepEqual(outside.ports, [{ name: 'ssh', port: 2222, targetPort: 'ssh', nodePort: 30_022 }]);
  assert.equal(outside.externalTrafficPolicy, 'Cluster');
});

test('names that look like numbers stay names', async () => {
  const labelled = (await render({ release: '42', namespace: '7' })).filter(({ metadata }) => metadata.labels);
  assert.ok(labelled.length > 10);
  for (const { kind, metadata } of labelled) {
    assert.equal(metadata.labels['app.kubernetes.io/instance'], '42', kind);
    if (metadata.namespace !== undefined) assert.equal(metadata.namespace, '7', kind);
  }
});

test('the chart has the CustomResourceDefinitions of crds/, to be kept', async () => {
  const keep = { 'helm.sh/resource-policy': 'keep' };
  const wanted = readdirSync(join(root, 'crds')).flatMap((file) => loadAll(read('crds', file))) as readonly Rendered[];
  const byName = (objects: readonly Rendered[]) => new Map(objects.map((object) => [object.metadata.name, object]));
  const found = (await render()).filter(({ kind }) => kind === 'CustomResourceDefinition');
  const expected = wanted.map((crd) => ({ ...crd, metadata: { ...crd.metadata, annotations: keep } }));
  assert.deepEqual(byName(found), byName(expected));
  const without = await render({ values: { crds: { install: false } } });
  assert.deepEqual(
    without.filter(({ kind }) => kind === 'CustomResourceDefinition'),
    [],
  );
});

test('chart and program are of the same version', () => {
  const { version } = JSON.parse(read('package.json'));
  const [chart] = loadAll(read('charts', 'git-ingress', 'Chart.yaml')) as readonly Readonly<Record<string, string>>[];
  assert.deepEqual([chart?.version, chart?.appVersion], [version, version]);
});

test('the page on Kubernetes tells of every right that the chart grants', async () => {
  const page = read('docs', 'kubernetes.md');
  const roles = (await render()).filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole');
  for (const { kind, metadata, rules } of roles) {
    const who = metadata.labels['app.kubernetes.io/component'];
    if (who === 'people') continue;
    const where = kind === 'Role' ? "the release's" : 'those it watches';
    for (const { resources, resourceNames = [], verbs } of rules) {
      const names = resourceNames.map((name) => `\`${name.replace('git-ingress', 'RELEASE')}\``);
      const what = [resources.map((name) => `\`${name}\``).join(', '), ...(names.length > 0 ? [names.join(', ')] : [])];
      const row = `| ${who} | ${where} | ${what.join(': ')} | ${verbs.join(', ')} |`;
      assert.ok(page.includes(row), `docs/kubernetes.md lacks the row\n${row}`);
    }
  }
});

const inForce = async (...args: readonly string[]): Promise<string> =>
  (await server.mustKubectl(['get', '--ignore-not-found', '--output=name', ...args])).stdout;

test('installed, upgraded and uninstalled without a complaint; CustomResourceDefinitions and what people wrote stay', async () => {
  const namespace = await server.namespace();
  const level = 'pod-security.kubernetes.io/warn=restricted';
  await server.mustKubectl(['label', 'namespace', namespace, level]);
  const succeed = async (args: readonly string[], ...values: readonly object[]): Promise<string> => {
    const options = ['--namespace', namespace];
    const withValues = values.length > 0 ? [{ ...allValues, watchNamespaces: [] }, ...values] : [];
    const { status, stdout, stderr } = await helm(server, [...args, ...options], withValues);
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stderr, /warn/i);
    return stdout;
  };
  const crds = (): Promise<string> => inForce('crd', '--selector=!none');
  const user = {
    apiVersion: 'gitingress.dev/v1alpha1',
    kind: 'GitUser',
    metadata: { name: 'alice', namespace },
    spec: { displayName: 'Alice' },
  };

  const notes = await succeed(['install', 'gi', chartFolder], { crds: { install: true } });
  assert.match(notes, /get configmap gi-known-hosts/);
  await server.mustKubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
  await server.mustKubectl(['create', '-f', '-'], { input: JSON.stringify(user) });
  const installed = await crds();
  assert.equal(installed.trim().split('\n').length, 5);

  await succeed(['upgrade', 'gi', chartFolder], {
    crds: { install: true },
    gateway: { ...allValues.gateway, replicas: 4 },
  });
  const replicas = ['deployment', 'gi-gateway', '--namespace', namespace, '--output=jsonpath={.spec.replicas}'];
  assert.equal(await inForce(...replicas), '4');
  await succeed(['upgrade', 'gi', chartFolder], { crds: { install: false } });
  assert.equal(await crds(), installed);

  await succeed(['uninstall', 'gi']);
  assert.equal(await crds(), installed);
  assert.equal(await inForce('gituser', 'alice', '--namespace', namespace), 'gituser.gitingress.dev/alice\n');
  const all = 'deployments,services,serviceaccounts,roles,rolebindings';
  assert.equal(await inForce(all, '--namespace', namespace, '--selector=app.kubernetes.io/instance=gi'), '');
  const wide = 'clusterroles,clusterrolebindings,flowschemas,prioritylevelconfigurations,validatingadmissionpolicies';
  assert.equal(await inForce(wide, '--selector=app.kubernetes.io/instance=gi'), '');

  await succeed(['install', 'gi', chartFolder], { crds: { install: true } });
  assert.equal(await crds(), installed);
  await succeed(['uninstall', 'gi']);
});

test('Pod Security "restricted" takes the pods of operator and gateway, and would refuse them with less', async () => {
  const { namespace } = await installChart(server, { release: 'restricted' });
  for (const component of ['operator', 'gateway']) {
    const { spec } = await find('Deployment', `restricted-${component}`, { release: 'restricted', namespace });
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: component, namespace }, spec: spec.template.spec };
    const create = ['create', '--dry-run=server', '--warnings-as-errors', '-f', '-'];
    await server.mustKubectl(create, { input: JSON.stringify(pod) });
    const careless = { ...pod, spec: { ...pod.spec, securityContext: {} } };
    const { stderr } = await server.kubectl(create, { input: JSON.stringify(careless) });
    assert.match(stderr, /violates PodSecurity "restricted/);
  }
});

test('with watchNamespaces the operator sees those, and no others', async () => {
  const [watched, other] = [await server.namespace(), await server.namespace()];
  const { namespace, operatorKubeconfig } = await installChart(server, {
    release: 'narrow',
    values: { watchNamespaces: [watched] },
  });
  const may = async (verb: string, resource: string, ...where: readonly string[]): Promise<boolean> =>
    (await server.kubectl(['auth', 'can-i', verb, resource, ...where], { env: { KUBECONFIG: operatorKubeconfig } }))
      .status === 0;
  for (const kind of ['gitusers', 'sshkeys', 'repositories']) {
    assert.ok(await may('watch', `${kind}.gitingress.dev`, '--namespace', watched));
    assert.ok(await may('patch', `${kind}.gitingress.dev`, '--subresource=status', '--namespace', watched));
    assert.ok(!(await may('list', `${kind}.gitingress.dev`, '--all-namespaces')));
    assert.ok(!(await may('list', `${kind}.gitingress.dev`, '--namespace', other)));
  }
  assert.ok(await may('update', 'accessindexshards.gitingress.dev', '--namespace', namespace));
  assert.ok(!(await may('list', 'accessindexshards.gitingress.dev', '--namespace', watched)));
});

test('two installations of one name in a cluster are refused by Helm, and those of two names get along', async () => {
  const values = [{ ...allValues, watchNamespaces: [] }];
  const install = async (release: string, namespace: string) =>
    helm(server, ['install', release, chartFolder, '--namespace', namespace, '--create-namespace'], values);
  assert.equal((await install('twin', 'first')).status, 0);
  const refused = await install('twin', 'second');
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /invalid ownership metadata|conflict/);
  const elsewhere = { ...allValues.gateway, service: { nodePort: null } };
  const { status, stderr } = await helm(
    server,
    ['install', 'sibling', chartFolder, '--namespace', 'second', '--create-namespace'],
    [{ ...values[0], gateway: elsewhere }],
  );
  assert.equal(status, 0, stderr);
});
