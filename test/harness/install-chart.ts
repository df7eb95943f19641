import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiServer } from './api-server.ts';
import { helmProgram } from './kubernetes-programs.ts';
import { type Outcome, run } from './run.ts';
import { until } from './wait.ts';

export const chartFolder = join(import.meta.dirname, '..', '..', 'charts', 'git-ingress');

/** What the chart made on an API server, and a way in for each of its components. */
export type InstalledChart = {
  readonly namespace: string;
  readonly release: string;
  /** The path of a kubeconfig with a token of the operator's service account. */
  readonly operatorKubeconfig: string;
  /**
   * The path of a kubeconfig with the token that a gateway's pod of that name has. The pod is made, from the Deployment's
   * template, if it is not there; nothing runs in it.
   */
  gatewayKubeconfig(podName: string): Promise<string>;
};

export type ChartOptions = {
  /** Made, unless it is there; one of the test's own by default. Pod Security "restricted" is on in it. */
  readonly namespace?: string;
  /** Another one for each installation on a server: some of what the chart makes is of the whole cluster. */
  readonly release?: string;
  readonly values?: object;
};

/** What has no default, for there is none that works; nobody listens there. */
const needed = { gateway: { repository: { address: '127.0.0.1:1', pod: 'repository-0' } } };

/** Runs the real Helm on the chart, as `admin`; the values of `values`, in their order, go before its own. */
export async function helm(
  server: ApiServer,
  args: readonly string[],
  values: readonly object[] = [needed],
): Promise<Outcome> {
  const folder = mkdtempSync(join(server.home, 'values-'));
  const files = values.map((each, index) => {
    const file = join(folder, `${index}.json`);
    // JSON is a part of YAML.
    writeFileSync(file, JSON.stringify(each));
    return `--values=${file}`;
  });
  return run(await helmProgram(), [...args, ...files], {
    env: { HOME: server.home, KUBECONFIG: server.kubeconfig('admin') },
  });
}

/** What Helm makes of the chart: a stream of YAML documents. */
export async function renderChart(server: ApiServer, options: ChartOptions = {}): Promise<string> {
  const { namespace = 'default', release = 'git-ingress', values = {} } = options;
  const args = ['template', release, chartFolder, '--namespace', namespace];
  const { status, stdout, stderr } = await helm(server, args, [needed, values]);
  if (status !== 0) throw new Error(`Helm refused the chart:\n${stderr}`);
  return stdout;
}

/** Installs what the real Helm renders, and waits until all of it is in force. */
export async function installChart(server: ApiServer, options: ChartOptions = {}): Promise<InstalledChart> {
  const { release = 'git-ingress', namespace = await server.namespace() } = options;
  const labels = {
    'pod-security.kubernetes.io/enforce': 'restricted',
    'pod-security.kubernetes.io/warn': 'restricted',
  };
  const inNamespace = ['--namespace', namespace];
  const apply = async (text: string): Promise<void> => {
    await server.mustKubectl(['apply', '--server-side', '--force-conflicts', '--warnings-as-errors', '-f', '-'], {
      input: text,
    });
  };
  await apply(JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } }));
  await apply(await renderChart(server, { ...options, release, namespace }));
  await server.mustKubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);

  const kubeconfig = async (component: string, podName?: string): Promise<string> => {
    const account = `${release}-${component}`;
    const boundTo = podName === undefined ? [] : ['--bound-object-kind=Pod', `--bound-object-name=${podName}`];
    const { stdout } = await server.mustKubectl([...inNamespace, 'create', 'token', account, ...boundTo]);
    return server.kubeconfig(`${namespace}.${podName ?? account}`, stdout.trim());
  };
  const makePod = async (name: string): Promise<void> => {
    const deployment = [...inNamespace, 'get', 'deployment', `${release}-gateway`, '--output=json'];
    const { metadata, spec } = JSON.parse((await server.mustKubectl(deployment)).stdout).spec.template;
    await apply(JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name, namespace }, spec }));
  };
  const operatorKubeconfig = await kubeconfig('operator');
  await untilInForce(server, { namespace, release });
  return {
    namespace,
    release,
    operatorKubeconfig,
    async gatewayKubeconfig(podName) {
      await makePod(podName);
      return kubeconfig('gateway', podName);
    },
  };
}

/**
 * RBAC and admission policies take a moment to reach every part of the API server. In its audit log, all of these questions
 * are those of `admin`: what components do themselves is not mixed up with it.
 */
async function untilInForce(server: ApiServer, { namespace, release }: Pick<InstalledChart, 'namespace' | 'release'>) {
  const as = (component: string): readonly string[] => [
    ...['--namespace', namespace],
    `--as=system:serviceaccount:${namespace}:${release}-${component}`,
  ];
  await until('the operator may read the index', async () => {
    return (await server.kubectl(['get', 'accessindexshards', ...as('operator')])).status === 0;
  });
  const report = {
    apiVersion: 'gitingress.dev/v1alpha1',
    kind: 'GatewayReport',
    metadata: { name: 'of-no-pod' },
    spec: { epoch: 0, revision: 0, heartbeat: 0, sessions: 0 },
  };
  await until('the admission policy is in force', async () => {
    const create = ['create', '--dry-run=server', '-f', '-', ...as('gateway')];
    const { stderr } = await server.kubectl(create, { input: JSON.stringify(report) });
    return stderr.includes('ValidatingAdmissionPolicy');
  });
}
