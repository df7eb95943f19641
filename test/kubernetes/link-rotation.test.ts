/** Link keys are rotated while people work: operator, gateway and repository server are real, the kubelet is this test. */
import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { configMapType, secretType } from '../../operator/keys/key-objects.ts';
import { createClient, makeKey } from '../harness/client.ts';
import { startCluster } from '../harness/cluster.ts';
import { startGateway, startRepositoryServer, untilReady } from '../harness/gateway.ts';
import { linesOf } from '../harness/index-lines.ts';
import { createIndexWriter } from '../harness/index-writer.ts';
import { gitUser, grant, repository, sshKey } from '../harness/manifest.ts';
import { until } from '../harness/wait.ts';
import { release, startKeyOperator } from './key-operator.ts';

/** So long a changed object takes to reach a file; the programs look at theirs every 3 s. */
const kubeletMs = 1_500;
const rotationDelayMs = 6_000;
const linkKeys = `${release}-link-keys`;

const { server, client: admin } = await startCluster({ after });
const { home } = server;

test('nobody notices that link keys are rotated', async (context) => {
  const namespace = await server.namespace();
  const operator = startKeyOperator(server, { namespace, rotationDelayMs });
  context.after(() => operator.stop());
  const repositories = await startRepositoryServer(context, home);

  const written = new Map<string, string>();
  const mount = (file: string, text: string): void => {
    if (text === '' || written.get(file) === text) return;
    const isFirst = !written.has(file);
    written.set(file, text);
    const put = (): void => {
      writeFileSync(`${file}.next`, text);
      renameSync(`${file}.next`, file);
    };
    if (isFirst) put();
    else setTimeout(put, kubeletMs);
  };
  const read = async (): Promise<void> => {
    const [secret, known] = [
      await admin.get(secretType, { namespace, name: linkKeys }),
      await admin.get(configMapType, { namespace, name: linkKeys }),
    ];
    const text = (object: typeof secret): string =>
      (object?.data as Readonly<Record<string, string>> | undefined)?.['gateway.pem'] ?? '';
    mount(repositories.linkKey, Buffer.from(text(secret), 'base64').toString());
    mount(repositories.linkKeys, text(known));
  };
  await until('both are mounted', async () => {
    await read();
    return written.size === 2;
  });
  const kubelet = setInterval(() => void read().catch((error) => context.diagnostic(String(error))), 100);
  context.after(() => clearInterval(kubelet));

  const key = await makeKey(home, 'alice');
  const lines = linesOf([
    gitUser('alice'),
    sshKey('laptop', { publicKey: key.publicKey, userRef: { name: 'alice' } }),
    repository('app', { access: [grant('Write', 'alice')] }),
  ]);
  await createIndexWriter(admin, namespace).publish({ set: lines });
  const options = { home, kubeconfig: server.kubeconfig('admin'), namespace, repository: repositories };
  const gateway = await startGateway(context, options);
  await untilReady(gateway);
  const client = createClient(gateway, key);
  const use = () => client.mustGit(home, ['ls-remote', '-q', client.url('team/app')]);
  // The server began with a key of the harness's own.
  await until('the first keys are taken up', () =>
    use().then(
      () => true,
      () => false,
    ),
  );

  const patch = { metadata: { annotations: { 'gitingress.dev/rotate': 'today' } } };
  await admin.mergePatch(secretType, { namespace, name: linkKeys }, patch, { fieldManager: 'test' });
  let sessions = 0;
  await until('the rotation is over', async () => {
    await use();
    sessions += 1;
    return operator.logged('RotationFinished');
  });
  await gateway.logged('another key', ({ msg }) => msg === 'tickets are signed with another link key');
  // What is withdrawn has not reached the server yet.
  const end = performance.now() + kubeletMs + 3_500;
  for (; performance.now() < end; sessions++) await use();
  context.diagnostic(`${sessions} sessions during the rotation`);
  assert.ok(sessions > 20);
});
