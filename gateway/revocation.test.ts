import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { derivedUid } from '../core/api/derived-uid.ts';
import { parseResource, type Resource } from '../core/api/resource.ts';
import type { GitVerb } from '../core/git/command.ts';
import { loadIndex } from '../core/index/access-index.ts';
import { candidatesFor } from '../core/index/candidates.ts';
import { compileIndex } from '../core/index/compile.ts';
import { planRevision } from '../core/index/plan-shards.ts';
import { keyHash } from '../core/ssh/fingerprint.ts';
import { whyRevoked } from './revocation.ts';
import { routeCommand } from './route.ts';

const blob = Buffer.concat([
  Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20'),
  Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex'),
]);

type Specs = Readonly<Record<string, object>>;

const usual: Specs = {
  'GitUser/alice': { groups: ['dev'] },
  'SSHKey/laptop': { publicKey: `ssh-ed25519 ${blob.toString('base64')}`, userRef: { name: 'alice' } },
  'Repository/app': { access: [{ role: 'Write', subjects: [{ kind: 'Group', name: 'dev' }] }] },
  'Repository/public': { access: [{ role: 'Read', subjects: [{ kind: 'Everyone' }] }] },
};

function indexOf(specs: Specs) {
  const resources = Object.entries(specs).map(([id, spec]): Resource => {
    const [kind, name] = id.split('/');
    const document = { apiVersion: 'gitingress.dev/v1alpha1', kind, metadata: { name }, spec };
    const parsed = parseResource(document, { namespace: 'team', uidOf: derivedUid });
    assert.ok(parsed.ok, JSON.stringify(parsed));
    return parsed.value;
  });
  const { entries } = compileIndex(resources, { minimumRsaBits: 2_048 });
  const plan = planRevision(undefined, entries, 1, { maxDeltas: 1, foldBytes: 0 });
  assert.ok(plan);
  const texts = new Map(plan.writes.map(({ name, text }) => [name, text]));
  const loaded = loadIndex(plan.next.manifest, (name) => texts.get(name));
  assert.ok(loaded.ok);
  return loaded.value.index;
}

const candidatesIn = (index: ReturnType<typeof indexOf>, address = '192.0.2.1') =>
  candidatesFor(index, { keyHash: keyHash(blob), loginName: 'git', address, now: Date.parse('2026-01-01T00:00:00Z') });

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
