/** Whoever may write objects in one namespace gains nothing in another: asked of the index as gateways read it. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startCluster } from '../harness/cluster.ts';
import { gitUser, grant, repository, sshKey } from '../harness/manifest.ts';
import { publicKeyOf } from '../harness/random-key.ts';
import { startReporter } from '../harness/reporter.ts';
import { accessTo, type Login, readStoredIndex } from '../harness/stored-index.ts';
import { until } from '../harness/wait.ts';
import { startWitness } from '../harness/witness.ts';

const cluster = await startCluster({ after });
const prefixes = ['--operator-path-prefixes', 'team=shared/,other=shared/'];
await cluster.startLeader(...prefixes);
startReporter({ after }, cluster, 'gateway-0');

const login = (key: string, name = 'git'): Login => ({ publicKey: publicKeyOf(key), name });
const keyOf = (name: string, key: string, user: string, namespace = 'team'): object =>
  sshKey(name, { publicKey: publicKeyOf(key), userRef: { name: user } }, namespace);
const deployKey = (name: string, key: string, target: string, namespace = 'team'): object =>
  sshKey(name, { publicKey: publicKeyOf(key), repositoryRefs: [{ name: target }], access: 'ReadWrite' }, namespace);
const isAccepted = (kind: string, ref: string): Promise<string> =>
  cluster.condition(kind, ref, 'Accepted', 'True Accepted');
const isProgrammed = (kind: string, ref: string): Promise<string> =>
  cluster.condition(kind, ref, kind === 'GitUser' ? 'Ready' : 'Programmed', 'True Programmed');
const isRefused = (kind: string, ref: string, reason: string): Promise<string> =>
  cluster.condition(kind, ref, 'Accepted', `False ${reason}`);
const verify = (): Promise<void> => cluster.verifyIndex(...prefixes);

/** Applies objects, and waits until whatever is created from here on is younger: an age has whole seconds. */
async function applyOlder(...objects: readonly object[]): Promise<void> {
  await cluster.apply(...objects);
  const second = Math.floor(Date.now() / 1_000);
  await until('the next second', () => Math.floor(Date.now() / 1_000) > second);
}

const may = async (who: Login, path: string): Promise<string> => accessTo(await readStoredIndex(cluster), who, path);
const holderOf = async (path: string): Promise<string | undefined> => {
  const found = (await readStoredIndex(cluster)).repository(path);
  return found && `${found.namespace}/${found.name}`;
};

const logins = {
  alice: login('alice'),
  mallory: login('mallory'),
  'mallory as alice': login('mallory', 'alice'),
  deploy: login('deploy'),
  shared: login('shared'),
  pair: login('pair'),
  'pair as alice': login('pair', 'alice'),
  'pair as anna': login('pair', 'anna'),
};
const paths = ['team/app', 'other/app', 'other/site', 'shared/app', 'shared/open'];
const witness = startWitness({ after }, cluster.server.kubeconfig('admin'), { logins, paths });

await applyOlder(
  gitUser('alice', { groups: ['developers'] }),
  keyOf('alice', 'alice', 'alice'),
  repository('app', {
    access: [grant('Write', 'alice'), { role: 'Write', subjects: [{ kind: 'Group', name: 'developers' }] }],
  }),
  repository('open', { path: 'shared/open', access: [{ role: 'Read', subjects: [{ kind: 'Everyone' }] }] }),
);
await isProgrammed('Repository', 'team/open');

test('a path that two namespaces may use is that of the older object, and of the other one when that goes', async () => {
  await applyOlder(repository('first', { path: 'shared/app', access: [grant('Write', 'alice')] }));
  await cluster.apply(repository('second', { path: 'shared/app', access: [grant('Write', 'mallory')] }, 'other'));
  assert.match(await isRefused('Repository', 'other/second', 'PathTaken'), /belongs to Repository team\/first/);
  await isProgrammed('Repository', 'team/first');
  assert.equal(await holderOf('shared/app'), 'team/first');
  await cluster.remove('Repository', 'team/first');
  await isProgrammed('Repository', 'other/second');
  assert.equal(await holderOf('shared/app'), 'other/second');
  await until('an age of more than a second', async () => {
    const found = await cluster.find('Repository', 'other/second');
    return Date.now() - Date.parse(found?.metadata.creationTimestamp ?? '') > 1_000;
  });
  await cluster.apply(repository('first', { path: 'shared/app' }));
  assert.match(await isRefused('Repository', 'team/first', 'PathTaken'), /belongs to Repository other\/second/);
  assert.equal(await holderOf('shared/app'), 'other/second');
  await verify();
});

test('a path outside of its own prefixes is never given to a namespace: not as the older, not when it is free', async () => {
  await applyOlder(
    repository('early', { path: 'team/later', access: [grant('Write', 'mallory')] }, 'other'),
    repository('thief', { path: 'team/app', access: [grant('Write', 'mallory')] }, 'other'),
  );
  await cluster.apply(repository('later'));
  assert.match(await isRefused('Repository', 'other/early', 'PathNotPermitted'), /begin it with "other\/"/);
  await isRefused('Repository', 'other/thief', 'PathNotPermitted');
  await isProgrammed('Repository', 'team/later');
  await cluster.remove('Repository', 'team/later');
  await until('the path is free', async () => (await holderOf('team/later')) === undefined);
  // Something that is judged after it, so that what has not happened by then does not happen.
  await cluster.apply(gitUser('witness', {}, 'other'));
  await isProgrammed('GitUser', 'other/witness');
  await isRefused('Repository', 'other/early', 'PathNotPermitted');
  assert.equal(await holderOf('team/later'), undefined);
  assert.equal(await holderOf('team/app'), 'team/app');
  await verify();
});

test("another namespace's user, group and repository cannot be named, and names that are the same are others", async () => {
  await cluster.apply(
    keyOf('alice', 'mallory', 'alice', 'other'),
    deployKey('deploy', 'deploy', 'app', 'other'),
    repository('site', { access: [grant('Write', 'alice')] }, 'other'),
  );
  assert.match(await isRefused('SSHKey', 'other/alice', 'UserNotFound'), /no GitUser other\/alice/);
  assert.match(await isRefused('SSHKey', 'other/deploy', 'RepositoryNotFound'), /no Repository other\/app/);
  assert.equal(await may(logins.mallory, 'team/app'), 'UnknownKey');
  assert.equal(await may(logins.deploy, 'team/app'), 'UnknownKey');
  // The namespace makes a user, and puts it into the group, and a repository, that are called as those of the other are.
  await cluster.apply(gitUser('alice', { groups: ['developers'] }, 'other'), repository('app', {}, 'other'));
  await isProgrammed('SSHKey', 'other/alice');
  await isProgrammed('SSHKey', 'other/deploy');
  assert.equal(await may(logins.mallory, 'other/site'), 'GitUser other/alice: Write');
  assert.equal(await may(logins.mallory, 'team/app'), 'NoGrant');
  assert.equal(await may(logins['mallory as alice'], 'team/app'), 'NoGrant');
  assert.equal(await may(logins.deploy, 'other/app'), 'SSHKey other/deploy: Write');
  assert.equal(await may(logins.deploy, 'team/app'), 'NoGrant');
  // Everyone is every user of all namespaces, and no deploy key.
  assert.equal(await may(logins.mallory, 'shared/open'), 'GitUser other/alice: Read');
  assert.equal(await may(logins.deploy, 'shared/open'), 'NoGrant');
  assert.equal(await may(logins.alice, 'team/app'), 'GitUser team/alice: Write');
  await verify();
});

test('whom a namespace lets in by name is the user of the namespace that it names', async () => {
  const subjects = [{ kind: 'Group', name: 'developers', namespace: 'team' }];
  await cluster.apply(repository('site', { access: [{ role: 'Read', subjects }] }, 'other'));
  await until('it is in force', async () => (await may(logins.alice, 'other/site')) === 'GitUser team/alice: Read');
  assert.equal(await may(logins.mallory, 'other/site'), 'NoGrant');
  await verify();
});

test('a key that another namespace lists too lets its owner in as before, and may be a user of both', async () => {
  await cluster.apply(
    gitUser('carol'),
    keyOf('carol', 'shared', 'carol'),
    repository('app', { access: [grant('Write', 'alice', 'carol')] }),
  );
  await isProgrammed('SSHKey', 'team/carol');
  await isProgrammed('Repository', 'team/app');
  await cluster.apply(gitUser('copy', { suspended: true }, 'other'), keyOf('copy', 'shared', 'copy', 'other'));
  await isAccepted('SSHKey', 'other/copy');
  await cluster.condition('SSHKey', 'other/copy', 'Programmed', 'False UserSuspended');
  await isAccepted('SSHKey', 'team/carol');
  assert.equal(await may(logins.shared, 'team/app'), 'GitUser team/carol: Write');
  await cluster.apply(gitUser('copy', {}, 'other'), repository('app', { access: [grant('Write', 'copy')] }, 'other'));
  await until('it is both', async () => (await may(logins.shared, 'other/app')) === 'GitUser other/copy: Write');
  assert.equal(await may(logins.shared, 'team/app'), 'GitUser team/carol: Write');
  await cluster.remove('SSHKey', 'team/carol');
  await until('it is one', async () => (await may(logins.shared, 'team/app')) === 'NoGrant');
  assert.equal(await may(logins.shared, 'other/app'), 'GitUser other/copy: Write');
  await verify();
});

test('within a namespace the older listing of a key holds; users who share one log in by their own names', async () => {
  await applyOlder(keyOf('pair', 'pair', 'alice'));
  await cluster.apply(keyOf('again', 'pair', 'alice'), deployKey('tool', 'pair', 'app'));
  assert.match(await isRefused('SSHKey', 'team/again', 'Duplicate'), /in SSHKey team\/pair, which holds/);
  await isRefused('SSHKey', 'team/tool', 'Duplicate');
  await isProgrammed('SSHKey', 'team/pair');
  assert.equal(await may(logins.pair, 'team/app'), 'GitUser team/alice: Write');
  await cluster.apply(gitUser('anna'), keyOf('anna', 'pair', 'anna'));
  assert.match(await isAccepted('SSHKey', 'team/anna'), /log in as anna@/);
  await isProgrammed('SSHKey', 'team/anna');
  assert.equal(await may(logins.pair, 'team/app'), 'WrongLoginName');
  assert.equal(await may(logins['pair as alice'], 'team/app'), 'GitUser team/alice: Write');
  assert.equal(await may(logins['pair as anna'], 'team/app'), 'NoGrant');
  await cluster.remove('SSHKey', 'team/pair');
  await isProgrammed('SSHKey', 'team/again');
  assert.equal(await may(logins['pair as alice'], 'team/app'), 'GitUser team/alice: Write');
  await verify();
});

test('at no moment had anybody more access than was declared', () => {
  const declared = {
    alice: ['other/site: GitUser team/alice: Read', 'shared/app: GitUser team/alice: Write'],
    'alice, pair, pair as alice': ['shared/open: GitUser team/alice: Read', 'team/app: GitUser team/alice: Write'],
    'pair, pair as alice': ['other/site: GitUser team/alice: Read'],
    'pair as anna': ['shared/open: GitUser team/anna: Read'],
    'mallory, mallory as alice': ['other/site: GitUser other/alice: Write', 'shared/open: GitUser other/alice: Read'],
    deploy: ['other/app: SSHKey other/deploy: Write'],
    shared: [
      'other/app: GitUser other/copy: Write',
      'shared/open: GitUser other/copy: Read',
      'shared/open: GitUser team/carol: Read',
      'team/app: GitUser team/carol: Write',
    ],
  };
  const expected = Object.entries(declared).flatMap(([names, answers]) =>
    names.split(', ').flatMap((name) => answers.map((answer) => `${name} ${answer}`)),
  );
  assert.deepEqual([...witness.granted].sort(), expected.sort());
});
