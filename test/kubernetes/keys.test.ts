import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { formatLinkPublicKey } from '../../core/link/link-key.ts';
import type { ApiClient } from '../../kubernetes/api-client.ts';
import type { ResourceType } from '../../kubernetes/resource-type.ts';
import { configMapType, secretType } from '../../operator/keys/key-objects.ts';
import { startApiServer } from '../harness/api-server.ts';
import { connect } from '../harness/connect.ts';
import { makeHome } from '../harness/standalone.ts';
import { until } from '../harness/wait.ts';
import { type KeyOperator, type KeyOperatorOptions, release, startKeyOperator } from './key-operator.ts';

const hostKeys = `${release}-host-keys`;
const knownHosts = `${release}-known-hosts`;
const linkKeys = `${release}-link-keys`;

const server = await startApiServer({ after }, { users: { operator: [] } });
const { client: admin } = connect({ after }, server.kubeconfig('admin'));

type Found = {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly data: Readonly<Record<string, string>>;
};

const rule = (verbs: string, resource: string, names: readonly string[]) => ({
  ...{ apiGroups: [resource === 'events' ? 'events.k8s.io' : ''], resources: [resource], verbs: verbs.split(' ') },
  ...(names.length > 0 && { resourceNames: names }),
});

/** A namespace in which `operator` may do what it must, and no more. */
async function makeNamespace(): Promise<string> {
  const namespace = await server.namespace();
  const rules = [
    rule('get list watch patch', 'secrets', [hostKeys, linkKeys]),
    rule('create', 'secrets', []),
    rule('get list watch create patch', 'configmaps', [knownHosts, linkKeys]),
    rule('create patch', 'events', []),
  ];
  const rbac = 'rbac.authorization.k8s.io';
  const items = [
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { namespace, name: 'keys' }, rules },
    {
      ...{ apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata: { namespace, name: 'keys' } },
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'keys' },
      subjects: [{ kind: 'User', name: 'operator' }],
    },
  ];
  const file = join(server.home, `${namespace}.json`);
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await server.mustKubectl(['apply', '-f', file]);
  return namespace;
}

async function find(namespace: string, type: ResourceType, name: string): Promise<Found | undefined> {
  const object = await admin.get(type, { namespace, name });
  if (object === undefined) return undefined;
  const text = (value: string): string => (type === secretType ? Buffer.from(value, 'base64').toString() : value);
  const data = Object.entries(object.data ?? {}).map(([key, value]) => [key, text(value)]);
  return { metadata: object.metadata, data: Object.fromEntries(data) };
}

const mustFind = async (...place: Parameters<typeof find>): Promise<Found> =>
  (await find(...place)) ?? assert.fail(place[2]);

function start(context: TestContext, options: KeyOperatorOptions): KeyOperator {
  const operator = startKeyOperator(server, { user: 'operator', ...options });
  context.after(() => operator.stop());
  return operator;
}

const publicHalf = (pem: string | undefined): string => formatLinkPublicKey(createPrivateKey(pem ?? ''));

/** Waits until both ConfigMaps are there, which are made last. */
const untilMade = (namespace: string) =>
  until('all keys are made', async () => {
    const [known, links] = [
      await find(namespace, configMapType, knownHosts),
      await find(namespace, configMapType, linkKeys),
    ];
    return known !== undefined && links !== undefined;
  });

const metric = async ({ registry }: KeyOperator, line: string): Promise<boolean> =>
  (await registry.metrics()).split('\n').includes(`git_ingress_operator_${line}`);

test('what is absent is made, and made once', async (context) => {
  const namespace = await makeNamespace();
  const operator = start(context, { namespace, hostNames: ['git.example.com', 'git.example.com:2222'] });
  await untilMade(namespace);

  const host = await mustFind(namespace, secretType, hostKeys);
  assert.deepEqual(Object.keys(host.data), ['ssh_host_ed25519_key', 'ssh_host_rsa_key']);
  assert.equal(host.metadata.labels?.['app.kubernetes.io/managed-by'], 'git-ingress');
  const file = join(makeHome(), 'key');
  const lines = Object.values(host.data).map((text) => {
    writeFileSync(file, text, { mode: 0o600 });
    return execFileSync('ssh-keygen', ['-y', '-f', file]).toString().trim();
  });
  const text = (await mustFind(namespace, configMapType, knownHosts)).data.known_hosts;
  assert.equal(
    text,
    ['git.example.com', '[git.example.com]:2222'].flatMap((name) => lines.map((line) => `${name} ${line}\n`)).join(''),
  );

  const link = await mustFind(namespace, secretType, linkKeys);
  const known = await mustFind(namespace, configMapType, linkKeys);
  assert.deepEqual(Object.keys(link.data), ['gateway.pem', 'operator.pem']);
  for (const name of Object.keys(link.data)) assert.equal(known.data[name], publicHalf(link.data[name]));

  await operator.stop();
  const again = start(context, { namespace });
  await until('it has looked', () => metric(again, `key_secret_usable{secret="${linkKeys}"} 1`));
  await until('it has looked', () => metric(again, `key_secret_usable{secret="${hostKeys}"} 1`));
  assert.equal(
    (await mustFind(namespace, secretType, hostKeys)).metadata.resourceVersion,
    host.metadata.resourceVersion,
  );
  assert.equal(
    (await mustFind(namespace, secretType, linkKeys)).metadata.resourceVersion,
    link.metadata.resourceVersion,
  );

  // Nothing of a private key is in the log, nor in an event.
  const { stdout } = await server.mustKubectl(['-n', namespace, 'get', 'events', '-o', 'yaml']);
  const told = [...operator.lines, ...again.lines, stdout].join('\n');
  assert.match(stdout, /reason: KeysMade/);
  for (const secret of [...Object.values(host.data), ...Object.values(link.data)])
    for (const line of secret.split('\n')) if (!line.startsWith('-')) assert.ok(line === '' || !told.includes(line));
});

test("the administrator's own host keys are read, and never changed", async (context) => {
  const namespace = await makeNamespace();
  const file = join(makeHome(), 'ssh_host_ed25519_key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
  await server.mustKubectl(['-n', namespace, 'create', 'secret', 'generic', hostKeys, `--from-file=${file}`]);
  const before = await mustFind(namespace, secretType, hostKeys);
  start(context, { namespace });
  await untilMade(namespace);
  const [type, blob] = readFileSync(`${file}.pub`, 'utf8').split(' ');
  assert.equal(
    (await mustFind(namespace, configMapType, knownHosts)).data.known_hosts,
    `git.example.com ${type} ${blob}\n`,
  );
  assert.deepEqual(await mustFind(namespace, secretType, hostKeys), before);
});

test('a Secret that cannot be used is told of and left alone, until somebody mends it', async (context) => {
  const namespace = await makeNamespace();
  const inNamespace = ['-n', namespace];
  await server.mustKubectl([
    ...inNamespace,
    'create',
    'secret',
    'generic',
    hostKeys,
    '--from-literal=ssh_host_rsa_key=no',
  ]);
  const before = await mustFind(namespace, secretType, hostKeys);
  const operator = start(context, { namespace });
  await until('it is told', () => metric(operator, `key_secret_usable{secret="${hostKeys}"} 0`));
  await until('an event says so', async () => {
    const { stdout } = await server.mustKubectl([...inNamespace, 'get', 'events']);
    return /Warning +Unusable +secret\/git-ingress-host-keys .*damaged.*put back the key/.test(stdout);
  });
  assert.ok(operator.lines.some((line) => JSON.parse(line).msg === 'keys cannot be used: they are left as they are'));
  assert.deepEqual(await mustFind(namespace, secretType, hostKeys), before);
  assert.equal(await find(namespace, configMapType, knownHosts), undefined);
  await server.mustKubectl([...inNamespace, 'delete', 'secret', hostKeys]);
  await until('it is made', () => metric(operator, `key_secret_usable{secret="${hostKeys}"} 1`));
});

test('a Secret that the administrator names is waited for, not made', async (context) => {
  const namespace = await makeNamespace();
  // The role names no other Secret.
  const operator = start(context, { namespace, user: 'admin', givenHostKeys: 'our-own' });
  await until('it is told', () => metric(operator, 'key_secret_usable{secret="our-own"} 0'));
  const file = join(makeHome(), 'ssh_host_ed25519_key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
  await server.mustKubectl(['-n', namespace, 'create', 'secret', 'generic', 'our-own', `--from-file=${file}`]);
  await untilMade(namespace);
  assert.equal(await find(namespace, secretType, hostKeys), undefined);
});

test('what is published is repaired when it is edited or deleted', async (context) => {
  const namespace = await makeNamespace();
  start(context, { namespace });
  await untilMade(namespace);
  for (const name of [knownHosts, linkKeys]) {
    const { data } = await mustFind(namespace, configMapType, name);
    const isRepaired = async () => {
      const found = await find(namespace, configMapType, name);
      return found !== undefined && Object.entries(data).every(([key, text]) => found.data[key] === text);
    };
    const key = Object.keys(data)[0] ?? '';
    const patch = JSON.stringify({ data: { [key]: 'forged' } });
    await server.mustKubectl(['-n', namespace, 'patch', 'configmap', name, '-p', patch]);
    await until('the edit is undone', isRepaired);
    await server.mustKubectl(['-n', namespace, 'delete', 'configmap', name]);
    await until('it is made again', isRepaired);
  }
});

test('an operator that does not lead writes nothing', async (context) => {
  const namespace = await makeNamespace();
  const operator = start(context, { namespace, isLeader: () => false });
  await until('it has looked at both', async () => await metric(operator, `key_secret_usable{secret="${linkKeys}"} 1`));
  assert.equal(await find(namespace, secretType, linkKeys), undefined);
});

const annotate = (namespace: string, value: string) =>
  server.mustKubectl([
    '-n',
    namespace,
    'annotate',
    '--overwrite',
    'secret',
    linkKeys,
    `gitingress.dev/rotate=${value}`,
  ]);

/** What pods see of the keys, each time that it is different. */
type Sight = { readonly at: number; readonly signedWith: string; readonly honoured: string };

/** Looks at both objects again and again, until `isOver`. */
async function watchKeys(namespace: string, isOver: () => boolean | Promise<boolean>): Promise<readonly Sight[]> {
  const sights: Sight[] = [];
  await until('the rotation is over', async () => {
    const isLastLook = await isOver();
    // The ConfigMap after the Secret: a key that is signed with must be known already.
    const signedWith = publicHalf((await mustFind(namespace, secretType, linkKeys)).data['gateway.pem']);
    const honoured = (await mustFind(namespace, configMapType, linkKeys)).data['gateway.pem'] ?? '';
    const last = sights.at(-1);
    if (last?.signedWith !== signedWith || last.honoured !== honoured)
      sights.push({ at: performance.now(), signedWith, honoured });
    return isLastLook;
  });
  return sights;
}

const rotationDelayMs = 4_000;
/** The API server tells the time to the second, and somebody else may have the processor when we want to look. */
const blurMs = 3_000;

/** Old key, both, both with the other signing, new key; each for as long as it must be. */
function assertOverlap(sights: readonly Sight[]): void {
  const [first, last] = [sights[0], sights.at(-1)];
  assert.ok(first && last);
  const [old, fresh] = [first.signedWith, last.signedWith];
  assert.notEqual(old, fresh);
  assert.equal(last.honoured, fresh);
  for (const { signedWith, honoured } of sights) assert.ok(honoured.includes(signedWith), 'signed with a known key');
  const published = sights.find(({ honoured }) => honoured.includes(fresh));
  const switched = sights.find(({ signedWith }) => signedWith === fresh);
  assert.ok(published && switched);
  assert.equal(published.honoured, old + fresh);
  assert.ok(switched.at - published.at >= rotationDelayMs - blurMs, `${switched.at - published.at} ms to the switch`);
  assert.ok(last.at - switched.at >= rotationDelayMs - blurMs, `${last.at - switched.at} ms to the end`);
  // No other key was ever made.
  for (const { signedWith } of sights) assert.ok([old, fresh].includes(signedWith));
}

test('rotation: new keys are published, then used, then the old ones are withdrawn', async (context) => {
  const namespace = await makeNamespace();
  const operator = start(context, { namespace, rotationDelayMs });
  await untilMade(namespace);
  const before = await mustFind(namespace, secretType, linkKeys);
  await annotate(namespace, 'today');
  await until('it has begun', () => operator.logged('RotationBegun'));
  await until('it waits', () => metric(operator, `key_rotation_in_progress{secret="${linkKeys}"} 1`));
  assertOverlap(await watchKeys(namespace, () => metric(operator, `key_rotation_in_progress{secret="${linkKeys}"} 0`)));

  const rotated = await mustFind(namespace, secretType, linkKeys);
  assert.deepEqual(Object.keys(rotated.data), ['gateway.pem', 'operator.pem']);
  for (const name of Object.keys(rotated.data)) assert.notEqual(rotated.data[name], before.data[name]);
  const { 'gitingress.dev/rotation': taken, ...others } = rotated.metadata.annotations ?? {};
  assert.equal(taken, 'today');
  assert.deepEqual(Object.keys(others), ['gitingress.dev/rotate']);
});

test('a ConfigMap that is edited during the wait holds the rotation back', async (context) => {
  const namespace = await makeNamespace();
  const operator = start(context, { namespace, rotationDelayMs: 60_000 });
  await untilMade(namespace);
  await annotate(namespace, 'today');
  const publishedAt = async () =>
    (await mustFind(namespace, secretType, linkKeys)).metadata.annotations?.['gitingress.dev/rotation-published-at'];
  const first = await until('it waits', publishedAt);
  await until('the clock has moved on', () => Date.now() - Date.parse(first) > 2_000);
  await server.mustKubectl(['-n', namespace, 'patch', 'configmap', linkKeys, '-p', '{"data":{"gateway.pem":""}}']);
  await until('the wait begins anew', async () => Date.parse((await publishedAt()) ?? '') > Date.parse(first));
  assert.ok(operator.logged('RotationHeldBack'));
  const { signedWith, honoured } = (await watchKeys(namespace, () => true))[0] ?? assert.fail();
  assert.ok(honoured.startsWith(signedWith) && honoured.length === 2 * signedWith.length);
});

/** Lets an operator live for one write: it dies before the API server hears of the next, or when that was done. */
function dyingAtWrite(onDeath: () => void, isDone: boolean): (client: ApiClient) => ApiClient {
  let writes = 0;
  const dying =
    <Args extends unknown[], Value>(write: (...args: Args) => Promise<Value>) =>
    async (...args: Args): Promise<Value> => {
      writes += 1;
      if (writes > 1 && !isDone) onDeath();
      if (writes > 1) throw new Error('it is dead');
      const value = await write(...args);
      if (isDone) onDeath();
      if (isDone) throw new Error('it is dead');
      return value;
    };
  return (client) => ({
    ...client,
    create: dying(client.create),
    mergePatch: dying(client.mergePatch),
    apply: dying(client.apply),
  });
}

test('rotation: with an operator that dies after every single write', async (context) => {
  const namespace = await makeNamespace();
  const first = start(context, { namespace });
  await untilMade(namespace);
  await first.stop();
  await annotate(namespace, 'today');

  let lives = 0;
  let isOver = false;
  async function live(): Promise<void> {
    while (!isOver) {
      let isDead = false;
      const between = dyingAtWrite(
        () => {
          isDead = true;
        },
        lives % 2 === 0,
      );
      lives += 1;
      const operator = startKeyOperator(server, { namespace, user: 'operator', rotationDelayMs, between });
      await until('it dies, or all is done', () => isDead || isOver).finally(() => operator.stop());
    }
  }
  async function look(): Promise<boolean> {
    const { data, metadata } = await mustFind(namespace, secretType, linkKeys);
    const published = (await mustFind(namespace, configMapType, linkKeys)).data['gateway.pem'];
    const isDone = Object.keys(data).length === 2 && metadata.annotations?.['gitingress.dev/rotation'] === 'today';
    isOver = isDone && published === publicHalf(data['gateway.pem']);
    return isOver;
  }
  const [sights] = await Promise.all([watchKeys(namespace, look), live()]);
  assertOverlap(sights);
  context.diagnostic(`${lives} operators`);
  assert.ok(lives >= 5);
});
