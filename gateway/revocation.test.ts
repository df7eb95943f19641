import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GitVerb } from '../core/git/command.ts';
import { whyRevoked } from './revocation.ts';
import { routeCommand } from './route.ts';
import { candidatesIn, indexOf, publicKey, type Specs } from './testing/small-index.ts';

const usual: Specs = {
  'GitUser/alice': { groups: ['dev'] },
  'SSHKey/laptop': { publicKey, userRef: { name: 'alice' } },
  'Repository/app': { access: [{ role: 'Write', subjects: [{ kind: 'Group', name: 'dev' }] }] },
  'Repository/public': { access: [{ role: 'Read', subjects: [{ kind: 'Everyone' }] }] },
};

/** Why a session that began under `usual` ends when `changes` come. */
function afterwards(verb: GitVerb, changes: Readonly<Record<string, object | undefined>>): string | undefined {
  const before = indexOf(usual);
  const candidates = candidatesIn(before);
  assert.ok(candidates.ok);
  const route = routeCommand({ verb, path: 'team/app' }, candidates.value, before);
  assert.ok(route.ok);
  const merged = Object.entries({ ...usual, ...changes }).filter(
    (entry): entry is [string, object] => entry[1] !== undefined,
  );
  const after = indexOf(Object.fromEntries(merged));
  return whyRevoked(route.value, candidatesIn(after), after);
}

const key = usual['SSHKey/laptop'];
const app = { access: [{ role: 'Write', subjects: [{ kind: 'Group', name: 'dev' }] }] };
const rule = { refs: ['refs/heads/main'], actions: ['Update'], effect: 'Deny', subjects: [{ kind: 'Everyone' }] };

const rows: readonly [
  name: string,
  verb: GitVerb,
  changes: Readonly<Record<string, object | undefined>>,
  expected: RegExp | undefined,
][] = [
  ['nothing of it changed', 'receive-pack', { 'GitUser/bob': {} }, undefined],
  ['a display name changed', 'receive-pack', { 'GitUser/alice': { groups: ['dev'], displayName: 'A' } }, undefined],
  ['a description changed', 'receive-pack', { 'Repository/app': { ...app, description: 'x' } }, undefined],
  ['the key was removed', 'upload-pack', { 'SSHKey/laptop': undefined }, /key was removed/],
  ['the user was suspended', 'upload-pack', { 'GitUser/alice': { groups: ['dev'], suspended: true } }, /suspended/],
  ['the user was removed', 'upload-pack', { 'GitUser/alice': undefined }, /removed/],
  [
    'the key is of another user now',
    'upload-pack',
    { 'GitUser/bob': { groups: ['dev'] }, 'SSHKey/laptop': { ...key, userRef: { name: 'bob' } } },
    /SSHKey team\/laptop/,
  ],
  ['the key expired', 'upload-pack', { 'SSHKey/laptop': { ...key, expiresAt: '2025-01-01T00:00:00Z' } }, /expired/],
  [
    'the address is out of range',
    'upload-pack',
    { 'SSHKey/laptop': { ...key, sourceRanges: ['10.0.0.0/8'] } },
    /address/,
  ],
  ['the user left the group', 'upload-pack', { 'GitUser/alice': {} }, /no access/],
  ['the grant was lost', 'upload-pack', { 'Repository/app': {} }, /no access/],
  ['the repository is gone', 'upload-pack', { 'Repository/app': undefined }, /gone/],
  [
    'the path leads to another repository',
    'upload-pack',
    { 'Repository/app': { ...app, path: 'team/old' }, 'Repository/new': { ...app, path: 'team/app' } },
    /gone/,
  ],
  [
    'the role is Read now: a fetch goes on',
    'upload-pack',
    { 'Repository/app': { access: [{ ...app.access[0], role: 'Read' }] } },
    undefined,
  ],
  [
    'the role is Read now: a push ends',
    'receive-pack',
    { 'Repository/app': { access: [{ ...app.access[0], role: 'Read' }] } },
    /needs the role Write/,
  ],
  [
    'the key may only read now',
    'receive-pack',
    { 'SSHKey/laptop': { ...key, access: 'ReadOnly' } },
    /SSHKey team\/laptop spec.access/,
  ],
  [
    'the repository was frozen',
    'receive-pack',
    { 'Repository/app': { ...app, readOnly: { message: 'x' } } },
    /read-only: x .*spec.readOnly/,
  ],
  [
    'a rule was added: a push ends',
    'receive-pack',
    { 'Repository/app': { ...app, refRules: [rule] } },
    /rules .* changed/,
  ],
  ['a rule was added: a fetch goes on', 'upload-pack', { 'Repository/app': { ...app, refRules: [rule] } }, undefined],
];

describe('revocation of a session that runs', () => {
  for (const [name, verb, changes, expected] of rows) {
    it(`${verb}: ${name}`, () => {
      const why = afterwards(verb, changes);
      if (expected === undefined) assert.equal(why, undefined);
      else assert.match(why ?? '', expected);
    });
  }
});

describe('routes', () => {
  const index = indexOf(usual);
  const candidates = candidatesIn(index);
  assert.ok(candidates.ok);
  const route = (verb: GitVerb, path: string) => routeCommand({ verb, path }, candidates.value, index);

  it('says the same of an absent and of a forbidden repository', () => {
    const hidden = indexOf({ ...usual, 'Repository/secret': {} });
    const forbidden = routeCommand({ verb: 'upload-pack', path: 'team/secret' }, candidates.value, hidden);
    const absent = route('upload-pack', 'team/secret');
    assert.ok(!forbidden.ok && !absent.ok);
    assert.equal(forbidden.error.told, absent.error.told);
    assert.equal(forbidden.error.exitStatus, absent.error.exitStatus);
    assert.deepEqual([forbidden.error.reason, absent.error.reason], ['NoGrant', 'NotFound']);
  });

  it('tells whoever may read which rule forbids a push', () => {
    const refused = route('receive-pack', 'team/public');
    assert.ok(!refused.ok);
    assert.match(refused.error.told, /Repository team\/public spec\.access\[0\]/);
  });
});
