/** What people see of the three kinds through kubectl. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startApiServer } from '../harness/api-server.ts';
import { gitUser, manifest, repository, sshKey } from '../harness/manifest.ts';
import { ed25519Line } from './objects.ts';

const crds = join(import.meta.dirname, '..', '..', 'crds');
const kinds = ['GitUser', 'SSHKey', 'Repository', 'AccessIndexShard', 'GatewayReport'];

const server = await startApiServer({ after });
await server.mustKubectl(['apply', '--server-side', '-f', crds]);
await server.mustKubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
const namespace = await server.namespace();
const objects = [
  gitUser('alice', { displayName: 'Alice Liddell', email: 'alice@example.com', groups: ['dev', 'ops'] }, namespace),
  sshKey('laptop', { publicKey: ed25519Line(), userRef: { name: 'alice' }, access: 'ReadOnly' }, namespace),
  sshKey('deploy', { publicKey: ed25519Line(), repositoryRefs: [{ name: 'app' }] }, namespace),
  repository('app', { path: 'team/app', readOnly: { message: 'frozen' } }, namespace),
];
await server.mustKubectl(['apply', '-f', '-'], { input: manifest(...objects) });
await setStatus('gituser/alice', { keys: 2, conditions: [condition('Ready', 'True')] });
const good = [condition('Accepted', 'True'), condition('Programmed', 'Unknown')];
await setStatus('sshkey/laptop', { fingerprint: 'SHA256:abc', conditions: good });
await setStatus('repository/app', { url: 'ssh://git@example.com/team/app', conditions: good });

function condition(type: string, status: string): object {
  const lastTransitionTime = '2027-01-01T00:00:00Z';
  return { type, status, observedGeneration: 1, lastTransitionTime, reason: 'Tested', message: `of ${type}` };
}

async function setStatus(object: string, status: object): Promise<void> {
  const patch = JSON.stringify({ status });
  await server.mustKubectl(['patch', object, '-n', namespace, '--subresource=status', '--type=merge', '-p', patch]);
}

/** The cells of what kubectl prints, without the age, which no test knows. */
const get = async (...args: readonly string[]): Promise<readonly (readonly string[])[]> => {
  const { stdout } = await server.mustKubectl(['get', '-n', namespace, ...args]);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/).filter((cell) => !/^\d+[smh]$/.test(cell)));
};

test('kubectl get tells of a GitUser whether it is good, and what it is called', async () => {
  const header = ['NAME', 'DISPLAY NAME', 'GROUPS', 'SUSPENDED', 'KEYS', 'READY', 'AGE'];
  const cells = ['alice', 'Alice Liddell', '["dev","ops"]', 'false', '2', 'True'];
  assert.deepEqual(await get('gu'), [header, cells]);
  assert.deepEqual(await get('gu', '-o', 'wide'), [
    [...header, 'EMAIL', 'MESSAGE'],
    [...cells, 'alice@example.com', 'of Ready'],
  ]);
});

test('kubectl get tells of an SSHKey whose it is, what is wrong with it, and whether it holds everywhere', async () => {
  const header = ['NAME', 'OWNER', 'FINGERPRINT', 'ACCESS', 'EXPIRES', 'STATUS', 'PROGRAMMED', 'AGE'];
  assert.deepEqual(await get('sk'), [
    header,
    ['deploy', 'app'],
    ['laptop', 'alice', 'SHA256:abc', 'ReadOnly', 'Tested', 'Unknown'],
  ]);
});

test('kubectl get tells of a Repository what people clone', async () => {
  const header = ['NAME', 'TYPE', 'URL', 'DEFAULT BRANCH', 'STATUS', 'PROGRAMMED', 'AGE'];
  const cells = ['app', 'Git', 'ssh://git@example.com/team/app', 'main', 'Tested', 'Unknown'];
  assert.deepEqual(await get('repo'), [header, cells]);
  assert.deepEqual(await get('repo', '-o', 'wide'), [
    [...header, 'PATH', 'READ-ONLY', 'MESSAGE'],
    [...cells, 'team/app', 'frozen', 'of Accepted'],
  ]);
});

test('one name gets all that people write, and nothing internal', async () => {
  const { stdout } = await server.mustKubectl(['get', 'gitingress', '-n', namespace, '-o', 'name']);
  const names = [
    'gituser.gitingress.dev/alice',
    'repository.gitingress.dev/app',
    'sshkey.gitingress.dev/deploy',
    'sshkey.gitingress.dev/laptop',
  ];
  assert.deepEqual(stdout.trim().split('\n').sort(), names);
});

for (const [kind, selector, expected] of [
  ['sshkeys', 'spec.userRef.name=alice', 'sshkey.gitingress.dev/laptop'],
  ['repositories', 'spec.path=team/app', 'repository.gitingress.dev/app'],
  ['repositories', 'spec.type=Git', 'repository.gitingress.dev/app'],
  ['repositories', 'spec.path=team/other', ''],
] as const) {
  test(`kubectl finds ${kind} by ${selector}`, async () => {
    const args = ['get', kind, '-n', namespace, '--field-selector', selector, '-o', 'name'];
    assert.equal((await server.mustKubectl(args)).stdout.trim(), expected);
  });
}

test('kubectl explain has words for every field of every kind', async () => {
  const document = await server.mustKubectl(['get', '--raw', '/openapi/v3/apis/gitingress.dev/v1alpha1']);
  const { schemas } = JSON.parse(document.stdout).components;
  for (const kind of kinds) {
    const { properties } = schemas[`dev.gitingress.v1alpha1.${kind}`];
    const paths = ['spec', 'status'].flatMap((name) => mappings(properties[name], `${kind.toLowerCase()}.${name}`));
    for (const path of [kind.toLowerCase(), ...paths]) {
      const { stdout } = await server.mustKubectl(['explain', path]);
      assert.doesNotMatch(stdout, /<empty>|<no description>/, path);
    }
  }
});

type Schema = { readonly properties?: Readonly<Record<string, Schema>>; readonly items?: Schema };

/** The paths of a field and of those below it that have fields of their own, for kubectl explain. */
function mappings(schema: Schema | undefined, path: string): readonly string[] {
  if (schema === undefined) return [];
  const fields = Object.entries(schema.properties ?? schema.items?.properties ?? {});
  return fields.length === 0 ? [] : [path, ...fields.flatMap(([name, field]) => mappings(field, `${path}.${name}`))];
}

test('a status that is none is refused', async () => {
  const { status, stderr } = await server.kubectl([
    'patch',
    'sshkey/laptop',
    '-n',
    namespace,
    '--subresource=status',
    '--type=merge',
    '-p',
    '{"status":{"conditions":[{"type":"Accepted","status":"Yes"}]}}',
  ]);
  assert.equal(status, 1);
  assert.match(stderr, /status\.conditions\[0\]\.status: Unsupported value: "Yes"/);
});
