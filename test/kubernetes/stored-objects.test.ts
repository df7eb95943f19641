/** Objects that are in etcd although they should not be: stored under an older CustomResourceDefinition, or huge. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { load } from 'js-yaml';
import { kinds } from '../../core/api/resource.ts';
import type { NewObject } from '../../kubernetes/api-client.ts';
import type { StoredObject } from '../../kubernetes/kubernetes-object.ts';
import { resourceTypes } from '../../operator/resource-types.ts';
import { crds, startCluster } from '../harness/cluster.ts';
import { createFileScope } from '../harness/file-scope.ts';
import { gitUser, grant, repository, sshKey } from '../harness/manifest.ts';
import { publicKeyOf } from '../harness/random-key.ts';
import { startReporter } from '../harness/reporter.ts';
import { accessOf, readStoredIndex } from '../harness/stored-index.ts';
import { until } from '../harness/wait.ts';

const scope = createFileScope({ after });
const cluster = await startCluster(scope);
const { server } = cluster;
startReporter(scope, cluster, 'gateway-0');

let operator = await cluster.startLeader();
const plurals = ['gitusers', 'sshkeys', 'repositories'];
const readDefinition = (plural: string): string => readFileSync(`${crds}/gitingress.dev_${plural}.yaml`, 'utf8');

type Definition = { readonly spec: { readonly versions: readonly { readonly schema: Record<string, unknown> }[] } };

/** Kinds whose objects may be of any form, as if an older version had thought of others. */
function laxDefinition(plural: string): object {
  const definition = load(readDefinition(plural)) as Definition;
  const [version] = definition.spec.versions;
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: anything, status: anything } } };
  return {
    ...definition,
    spec: { ...definition.spec, versions: [{ ...version, schema, selectableFields: undefined }] },
  };
}

const apply = async (definition: (plural: string) => string): Promise<void> => {
  for (const plural of plurals)
    await server.mustKubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], { input: definition(plural) });
};

/** Of each kind something that the present version refuses. */
const probes = [gitUser('probe', { groups: 'x' }), sshKey('probe', {}), repository('probe', { path: '..' })];

/** While `work` runs, the API server takes what it refuses before and after. */
async function withOlderVersion(work: () => Promise<void>): Promise<void> {
  const isTaken = (probe: object): Promise<boolean> =>
    cluster.apply(probe).then(
      () => true,
      () => false,
    );
  const remove = async (): Promise<void> => {
    for (const kind of kinds) await cluster.remove(kind, 'team/probe');
  };
  await apply((plural) => JSON.stringify(laxDefinition(plural)));
  for (const probe of probes) await until('the older version is in force', () => isTaken(probe));
  await remove();
  await work();
  await apply(readDefinition);
  await until('the present version is in force', async () => {
    const taken = await Promise.all(probes.map(isTaken));
    await remove();
    return !taken.includes(true);
  });
}

const isProgrammed = (kind: string, ref: string): Promise<string> =>
  cluster.condition(kind, ref, 'Programmed', 'True Programmed');
const login = (key: string) => ({ publicKey: publicKeyOf(key) });
const logins = Object.fromEntries(['alice', 'ownerless', 'both'].map((name) => [name, login(name)]));
const access = async (): Promise<readonly string[]> =>
  accessOf(await readStoredIndex(cluster), logins, ['team/app', 'team/role', '../../etc']);

test('what an older version of a kind let in is invalid now, and says what to do; others are not concerned', async () => {
  const keyOfAlice = sshKey('alice', { ...login('alice'), userRef: { name: 'alice' } });
  await cluster.apply(gitUser('alice'), keyOfAlice, repository('app', { access: [grant('Write', 'alice')] }));
  await isProgrammed('SSHKey', 'team/alice');

  assert.equal(await operator.stop(), 0);
  const strange: Readonly<Record<string, object>> = {
    'team/old': gitUser('old', { groups: 'developers' }),
    'team/ownerless': sshKey('ownerless', { ...login('ownerless') }),
    'team/both': sshKey('both', {
      ...{ ...login('both'), userRef: { name: 'alice' } },
      repositoryRefs: [{ name: 'app' }],
    }),
    'team/role': repository('role', { access: [{ role: 'Owner', subjects: [{ kind: 'Everyone' }] }] }),
    'team/path': repository('path', { path: '../../etc' }),
  };
  await withOlderVersion(() => cluster.apply(...Object.values(strange)));
  operator = await cluster.startLeader();
  for (const [ref, object] of Object.entries(strange)) {
    const { kind } = object as StoredObject;
    const type = kind === 'GitUser' ? 'Ready' : 'Accepted';
    assert.match(await cluster.condition(kind, ref, type, 'False Invalid'), /^spec\..*: apply it again$/);
  }
  await cluster.verifyIndex();
  assert.deepEqual(await access(), ['alice team/app: GitUser team/alice: Write']);

  // The older version is not needed to put things right.
  await cluster.apply(sshKey('ownerless', { ...login('ownerless'), userRef: { name: 'alice' } }));
  await isProgrammed('SSHKey', 'team/ownerless');
  await cluster.remove('Repository', 'team/path');
  await cluster.verifyIndex();
});

test('an object of which the API server takes no status is told of by an event', async () => {
  assert.equal(await operator.stop(), 0);
  const noText = sshKey('no-text', { publicKey: { inline: 'x' }, userRef: { name: 'alice' } });
  await withOlderVersion(() => cluster.apply(noText));
  operator = await cluster.startLeader();
  await operator.logged('a complaint', ({ msg }) => msg === 'no status can be written of an object that is invalid');
  const events = await until('an event', async () => {
    const { stdout } = await server.mustKubectl(['get', 'events', '-n', 'team', '--output=wide']);
    return /no-text/.test(stdout) && stdout;
  });
  assert.match(events, /Invalid\s+sshkey\/no-text.*spec\.publicKey: must be text, not a mapping/);
  await cluster.apply(gitUser('bob'));
  await cluster.condition('GitUser', 'team/bob', 'Ready', 'True Programmed');
  await cluster.verifyIndex();
  await cluster.remove('SSHKey', 'team/no-text');
});

/** A megabyte as JSON, and nobody in particular. */
const hugeRules = (role: string): object => {
  const subjects = Array.from({ length: 100 }, (_, n) => ({ kind: 'User', name: `u-${n}`, namespace: 'n'.repeat(60) }));
  return { access: Array.from({ length: 100 }, () => ({ role, subjects })) };
};

test('objects of a megabyte, more of them than an answer may hold, are refused one by one', async () => {
  const names = Array.from({ length: 17 }, (_, n) => `huge-${n}`);
  // The rules of the present version take the API server a second for each of them.
  await withOlderVersion(async () => {
    for (const name of names) {
      const object = repository(name, hugeRules('Read')) as NewObject;
      await cluster.client.create(resourceTypes.Repository, object, { fieldManager: 'test' });
    }
    for (const name of names) await cluster.condition('Repository', `team/${name}`, 'Accepted', 'False Invalid');
  });
  // All of them are in the lists with which it begins.
  assert.equal(await operator.stop(), 0);
  operator = await cluster.startLeader();
  await cluster.apply(gitUser('carol'));
  await cluster.condition('GitUser', 'team/carol', 'Ready', 'True Programmed');
  assert.deepEqual(await access(), [
    'alice team/app: GitUser team/alice: Write',
    'ownerless team/app: GitUser team/alice: Write',
  ]);
  await cluster.verifyIndex();
});
