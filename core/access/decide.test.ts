import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RepositoryEntry } from '../index/entry.ts';
import { type Action, ancestryMatters, decide } from './decide.ts';
import type { DeployKeyIdentity, UserIdentity } from './identity.ts';
import { permissionOf } from './permission.ts';

const user = (name: string, groups: readonly string[] = [], namespace = 'team'): UserIdentity => ({
  kind: 'User',
  user: { namespace, name },
  groups,
  access: 'ReadWrite',
});

const deployKey = (access: 'ReadOnly' | 'ReadWrite', repositories: readonly string[] = ['app']): DeployKeyIdentity => ({
  kind: 'DeployKey',
  key: { namespace: 'team', name: 'ci', fingerprint: 'SHA256:x' },
  repositories,
  access,
});

const app: RepositoryEntry = {
  kind: 'Repository',
  namespace: 'team',
  name: 'app',
  uid: 'u',
  type: 'Git',
  path: 'team/app',
  defaultBranch: 'main',
  access: [
    { role: 'Read', subjects: [{ kind: 'Group', namespace: 'team', name: 'readers' }] },
    { role: 'Write', subjects: [{ kind: 'Group', namespace: 'team', name: 'developers' }] },
    { role: 'Maintain', subjects: [{ kind: 'User', namespace: 'team', name: 'mia' }] },
    { role: 'Write', subjects: [{ kind: 'User', namespace: 'other', name: 'olga' }] },
  ],
  refRules: [
    rule('Allow', ['Rewind'], ['refs/heads/main'], { kind: 'User', namespace: 'team', name: 'mia' }),
    rule('Deny', ['Rewind', 'Delete'], ['refs/heads/main', 'refs/heads/release/**'], { kind: 'Everyone' }),
    { ...rule('Deny', ['Create'], ['refs/tags/*'], { kind: 'Everyone' }), enforcement: 'Warn' },
    rule('Deny', ['Create'], ['refs/tags/**'], { kind: 'Group', namespace: 'team', name: 'developers' }),
  ],
};

function rule(
  effect: 'Allow' | 'Deny',
  actions: RepositoryEntry['refRules'][number]['actions'],
  refs: readonly string[],
  subject: RepositoryEntry['refRules'][number]['subjects'][number],
): RepositoryEntry['refRules'][number] {
  return { effect, actions, refs, enforcement: 'Enforce', subjects: [subject] };
}

const dev = user('dan', ['developers']);
const everyone: RepositoryEntry = { ...app, access: [{ role: 'Read', subjects: [{ kind: 'Everyone' }] }] };
const trusting: RepositoryEntry = {
  ...app,
  refRules: [rule('Allow', ['Delete'], ['refs/heads/**'], { kind: 'Everyone' })],
};
const elsewhere: RepositoryEntry = { ...app, defaultBranch: 'trunk' };
const frozen: RepositoryEntry = { ...app, readOnly: { message: 'release week' } };

type Row = readonly [
  name: string,
  identity: UserIdentity | DeployKeyIdentity,
  action: Action,
  ref: string | undefined,
  repository: RepositoryEntry,
  expected: string,
];

const rows: readonly Row[] = [
  ['a stranger reads', user('eve'), 'Read', undefined, app, 'NoGrant: spec.access'],
  [
    'a stranger of the same name in another namespace',
    user('mia', [], 'other'),
    'Read',
    undefined,
    app,
    'NoGrant: spec.access',
  ],
  [
    'a group of another namespace does not count',
    user('x', ['developers'], 'other'),
    'Read',
    undefined,
    app,
    'NoGrant: spec.access',
  ],
  [
    'a user of another namespace who is named',
    user('olga', [], 'other'),
    'Write',
    undefined,
    app,
    'allow: spec.access[3]',
  ],
  ['a reader reads', user('rob', ['readers']), 'Read', undefined, app, 'allow: spec.access[0]'],
  ['a reader pushes', user('rob', ['readers']), 'Write', undefined, app, 'RoleTooLow: spec.access[0]'],
  ['the highest role wins', user('dan', ['readers', 'developers']), 'Write', undefined, app, 'allow: spec.access[1]'],
  ['a developer creates', dev, 'Create', 'refs/heads/topic', app, 'allow: spec.access[1]'],
  ['a developer updates', dev, 'Update', 'refs/heads/main', app, 'allow: spec.access[1]'],
  ['a developer rewinds: role first', dev, 'Rewind', 'refs/heads/main', app, 'RoleTooLow: spec.access[1]'],
  ['a developer deletes', dev, 'Delete', 'refs/heads/topic', app, 'RoleTooLow: spec.access[1]'],
  ['by role alone', dev, 'Delete', undefined, app, 'RoleTooLow: spec.access[1]'],
  [
    'a maintainer rewinds: Allow ends the search',
    user('mia'),
    'Rewind',
    'refs/heads/main',
    app,
    'allow: spec.refRules[0]',
  ],
  ['a maintainer rewinds elsewhere', user('mia'), 'Rewind', 'refs/heads/topic', app, 'allow: spec.access[2]'],
  ['a maintainer deletes a release', user('mia'), 'Delete', 'refs/heads/release/1', app, 'RefRule: spec.refRules[1]'],
  [
    'a maintainer deletes the default branch',
    user('mia'),
    'Delete',
    'refs/heads/main',
    app,
    'RefRule: spec.defaultBranch',
  ],
  ['though a rule allows it', user('mia'), 'Delete', 'refs/heads/main', trusting, 'RefRule: spec.defaultBranch'],
  ['it may be another one', user('mia'), 'Delete', 'refs/heads/main', elsewhere, 'RefRule: spec.refRules[1]'],
  ['the role comes first there too', dev, 'Delete', 'refs/heads/main', app, 'RoleTooLow: spec.access[1]'],
  ['Warn lets through, and decides', dev, 'Create', 'refs/tags/v1', app, 'warn: spec.refRules[2]'],
  [
    'the rule behind decides what Warn does not match',
    dev,
    'Create',
    'refs/tags/a/b',
    app,
    'RefRule: spec.refRules[3]',
  ],
  ['Everyone reads', user('eve', [], 'other'), 'Read', undefined, everyone, 'allow: spec.access[0]'],
  ['Everyone is no deploy key', deployKey('ReadWrite', ['other']), 'Read', undefined, everyone, 'NoGrant: spec.access'],
  [
    'a deploy key of another namespace',
    { ...deployKey('ReadWrite'), key: { namespace: 'other', name: 'ci', fingerprint: '' } },
    'Read',
    undefined,
    app,
    'NoGrant: spec.access',
  ],
  ['a deploy key reads', deployKey('ReadOnly'), 'Read', undefined, app, 'allow: spec.repositoryRefs'],
  ['a read-only deploy key pushes', deployKey('ReadOnly'), 'Write', undefined, app, 'KeyReadOnly: spec.access'],
  ['a deploy key pushes', deployKey('ReadWrite'), 'Update', 'refs/heads/x', app, 'allow: spec.repositoryRefs'],
  [
    'a deploy key never rewinds',
    deployKey('ReadWrite'),
    'Rewind',
    'refs/heads/x',
    app,
    'RoleTooLow: spec.repositoryRefs',
  ],
  [
    'Deny for Everyone binds deploy keys',
    deployKey('ReadWrite'),
    'Create',
    'refs/tags/v1',
    app,
    'warn: spec.refRules[2]',
  ],
  [
    'a read-only key of a developer',
    { ...dev, access: 'ReadOnly' },
    'Update',
    'refs/heads/x',
    app,
    'KeyReadOnly: spec.access',
  ],
  ['a read-only key reads', { ...dev, access: 'ReadOnly' }, 'Read', undefined, app, 'allow: spec.access[1]'],
  ['a frozen repository is read', dev, 'Read', undefined, frozen, 'allow: spec.access[1]'],
  ['a frozen repository refuses pushes', dev, 'Write', undefined, frozen, 'Frozen: spec.readOnly'],
  ['and maintainers', user('mia'), 'Rewind', 'refs/heads/x', frozen, 'Frozen: spec.readOnly'],
  ['and tells a stranger nothing', user('eve'), 'Write', undefined, frozen, 'NoGrant: spec.access'],
];

describe('decide', () => {
  for (const [name, identity, action, ref, repository, expected] of rows) {
    it(`${name}: ${action} ${ref ?? ''} is ${expected}`, () => {
      const decision = decide(identity, action, repository, ref);
      const verdict = decision.allow ? (decision.warning === undefined ? 'allow' : 'warn') : decision.reason;
      assert.equal(`${verdict}: ${decision.rule.split(' ').at(-1)}`, expected);
    });
  }

  it('asks for ancestry only where it changes the verdict', () => {
    const ask = (identity: UserIdentity, ref: string): boolean => {
      const permission = permissionOf(identity, app);
      assert.ok(permission);
      return ancestryMatters(permission, ref);
    };
    assert.equal(ask(dev, 'refs/heads/topic'), true);
    assert.equal(ask(user('mia'), 'refs/heads/topic'), false);
    assert.equal(ask(user('mia'), 'refs/heads/release/1'), true);
  });
});
