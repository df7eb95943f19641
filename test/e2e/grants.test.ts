import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { grant } from '../harness/manifest.ts';
import { run } from '../harness/run.ts';
import { executable } from '../harness/standalone.ts';
import { makeWorkTree } from '../harness/work-tree.ts';
import { startWorld } from '../harness/world.ts';

const group = (role: string, name: string): object => ({ role, subjects: [{ kind: 'Group', name }] });
const everyone = [{ kind: 'Everyone' }];

/** `root` only makes what the others try their hands at. */
const world = await startWorld(
  { after },
  {
    users: { root: {}, alice: { groups: ['leads'] }, bob: { groups: ['developers'] } },
    keys: {
      robot: { repositoryRefs: [{ name: 'app' }], access: 'ReadWrite' },
      mirror: { repositoryRefs: [{ name: 'app' }, { name: 'site' }] },
    },
    repositories: {
      app: {
        access: [grant('Maintain', 'root'), group('Maintain', 'leads'), group('Write', 'developers')],
        refRules: [
          { refs: ['refs/heads/main'], actions: ['Rewind', 'Delete'], effect: 'Deny', subjects: everyone },
          {
            ...{ refs: ['refs/heads/release/*'], actions: ['Create', 'Update'], effect: 'Deny' },
            subjects: [{ kind: 'Group', name: 'developers' }],
          },
        ],
      },
      site: { access: [grant('Maintain', 'root'), grant('Write', 'alice'), { role: 'Read', subjects: everyone }] },
      secret: { access: [grant('Maintain', 'root', 'bob')] },
      frozen: { access: [grant('Maintain', 'root', 'alice', 'bob')], readOnly: { message: 'frozen for the release' } },
    },
  },
);

type Action = 'read' | 'write' | 'create' | 'rewind' | 'delete';
type Case = readonly [who: string, action: Action, repository: string, ref: string, expected: 'may' | 'may not'];

const cases: readonly Case[] = [
  ['alice', 'read', 'app', '', 'may'],
  ['alice', 'write', 'app', 'refs/heads/main', 'may'],
  ['alice', 'create', 'app', 'refs/heads/release/a', 'may'],
  ['alice', 'rewind', 'app', 'refs/heads/alice-rewinds', 'may'],
  ['alice', 'delete', 'app', 'refs/heads/alice-deletes', 'may'],
  ['alice', 'rewind', 'app', 'refs/heads/main', 'may not'],
  ['alice', 'delete', 'app', 'refs/heads/main', 'may not'],
  ['alice', 'read', 'site', '', 'may'],
  ['alice', 'write', 'site', 'refs/heads/alice-writes', 'may'],
  ['alice', 'rewind', 'site', 'refs/heads/alice-rewinds', 'may not'],
  ['alice', 'read', 'secret', '', 'may not'],
  ['alice', 'create', 'secret', 'refs/heads/alice-creates', 'may not'],
  ['alice', 'read', 'frozen', '', 'may'],
  ['alice', 'create', 'frozen', 'refs/heads/alice-creates', 'may not'],
  ['alice', 'read', 'absent', '', 'may not'],

  ['bob', 'read', 'app', '', 'may'],
  ['bob', 'write', 'app', 'refs/heads/bob-writes', 'may'],
  ['bob', 'create', 'app', 'refs/heads/bob-creates', 'may'],
  ['bob', 'create', 'app', 'refs/tags/bob-creates', 'may'],
  ['bob', 'create', 'app', 'refs/heads/release/b', 'may not'],
  ['bob', 'write', 'app', 'refs/heads/release/1', 'may not'],
  ['bob', 'rewind', 'app', 'refs/heads/bob-rewinds', 'may not'],
  ['bob', 'delete', 'app', 'refs/heads/bob-deletes', 'may not'],
  ['bob', 'read', 'site', '', 'may'],
  ['bob', 'create', 'site', 'refs/heads/bob-creates', 'may not'],
  ['bob', 'rewind', 'secret', 'refs/heads/bob-rewinds', 'may'],
  ['bob', 'delete', 'secret', 'refs/heads/bob-deletes', 'may'],
  ['bob', 'rewind', 'secret', 'refs/heads/main', 'may'],
  // It is the default branch.
  ['bob', 'delete', 'secret', 'refs/heads/main', 'may not'],

  ['robot', 'read', 'app', '', 'may'],
  ['robot', 'write', 'app', 'refs/heads/robot-writes', 'may'],
  ['robot', 'create', 'app', 'refs/heads/release/r', 'may'],
  ['robot', 'rewind', 'app', 'refs/heads/robot-rewinds', 'may not'],
  ['robot', 'rewind', 'app', 'refs/heads/main', 'may not'],
  ['robot', 'read', 'site', '', 'may not'],

  ['mirror', 'read', 'app', '', 'may'],
  ['mirror', 'create', 'app', 'refs/heads/mirror-creates', 'may not'],
  ['mirror', 'read', 'site', '', 'may'],
  ['mirror', 'read', 'secret', '', 'may not'],
];

const tree = await makeWorkTree(world.home);
const ancestor = await tree.commit();
const present = await tree.commit();
const successor = await tree.commit();
for (const repository of ['app', 'site', 'secret']) {
  const needed = cases.filter(([, action, where]) => where === repository && action !== 'read' && action !== 'create');
  const refspecs = new Set(['refs/heads/main', ...needed.map(([, , , ref]) => ref)]);
  const root = world.client('root');
  const push = ['push', '--quiet', root.url(`team/${repository}`), ...[...refspecs].map((ref) => `${present}:${ref}`)];
  await root.mustGit(tree.folder, push);
}

/** Whether a real client gets through with it. */
async function tries(who: string, action: Action, repository: string, ref: string): Promise<boolean> {
  const client = world.client(who);
  const url = client.url(`team/${repository}`);
  if (action === 'read') return (await client.git(tree.folder, ['ls-remote', url])).status === 0;
  const source = { write: successor, create: successor, rewind: ancestor, delete: '' }[action];
  return (await client.git(tree.folder, ['push', '--force', url, `${source}:${ref}`])).status === 0;
}

/** What can-i says. */
async function asks(who: readonly string[], action: Action, repository: string, ref: string): Promise<boolean> {
  const question = [action, `team/${repository}`, ...(ref === '' ? [] : [ref])];
  const { status, stdout, stderr } = await run(executable, [
    ...['can-i', ...question, '--manifests', world.server.manifests, ...who],
  ]);
  assert.ok(status === 0 || status === 1, stderr);
  assert.match(stdout, status === 0 ? /^allowed\n.*by (Repository|SSHKey) team\// : /^denied: ./);
  return status === 0;
}

const isUser = (who: string): boolean => who === 'alice' || who === 'bob';
const byKey = (who: string): readonly string[] => ['--key', `${world.key(who).file}.pub`];

for (const [who, action, repository, ref, expected] of cases) {
  test(`${who} ${expected} ${action} ${repository} ${ref}`, async () => {
    const [could, said] = await Promise.all([
      tries(who, action, repository, ref),
      asks(isUser(who) ? ['--user', `team/${who}`] : byKey(who), action, repository, ref),
    ]);
    assert.deepEqual({ could, said }, { could: expected === 'may', said: expected === 'may' });
  });
}

test("a user's key is asked about as the user is", async () => {
  assert.equal(await asks(byKey('bob'), 'create', 'app', 'refs/heads/x'), true);
  assert.equal(await asks(byKey('bob'), 'create', 'app', 'refs/heads/release/x'), false);
});

test('can-i says when it cannot tell, and when it is asked wrongly', async () => {
  const ask = async (...args: readonly string[]): Promise<number> =>
    (await run(executable, ['can-i', '--manifests', world.server.manifests, ...args])).status;
  assert.equal(await ask('read', 'team/app', '--user', 'team/nobody'), 3);
  assert.equal(await ask('read', 'team/app', '--key', '/nonexistent.pub'), 3);
  assert.equal(await ask('destroy', 'team/app', '--user', 'team/alice'), 2);
  assert.equal(await ask('read', 'team/app'), 2);
  assert.equal(await ask('write', 'team/app', 'main', '--user', 'team/alice'), 2);
});
