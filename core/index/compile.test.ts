import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, it } from 'node:test';
import { derivedUid } from '../api/derived-uid.ts';
import { formatRef } from '../api/object-ref.ts';
import { parseResource, type Resource } from '../api/resource.ts';
import { keyHash } from '../ssh/fingerprint.ts';
import { loadIndex } from './access-index.ts';
import { candidatesFor, chooseCandidate, type LoginFacts } from './candidates.ts';
import { compileIndex, findingAt } from './compile.ts';
import { decodeEntry, maxEntryBytes } from './entry-line.ts';
import { maxHolders } from './key-holders.ts';
import { withNotes } from './notes.ts';
import { planRevision } from './plan-shards.ts';
import type { IndexPolicy } from './policy.ts';
import { decodeShard, encodeShard } from './shard.ts';

/** An ed25519 public key as OpenSSH writes it (RFC 8709 §4). */
function publicKey(): { readonly line: string; readonly hash: string } {
  const { publicKey: key }: { publicKey: KeyObject } = generateKeyPairSync('ed25519');
  const point = key.export({ type: 'spki', format: 'der' }).subarray(-32);
  const blob = Buffer.concat([Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20'), point]);
  return { line: `ssh-ed25519 ${blob.toString('base64')}`, hash: keyHash(blob) };
}

function object(kind: Resource['kind'], ref: string, spec: object, createdAt?: number): Resource {
  const [namespace = '', name = ''] = ref.split('/');
  const document = { apiVersion: 'gitingress.dev/v1alpha1', kind, metadata: { namespace, name }, spec };
  const parsed = parseResource(document, { namespace: 'default', uidOf: derivedUid });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  const metadata = createdAt === undefined ? parsed.value.metadata : { ...parsed.value.metadata, createdAt };
  return { ...parsed.value, metadata } as Resource;
}

const standalone: IndexPolicy = { minimumRsaBits: 2_048 };
const cluster: IndexPolicy = { minimumRsaBits: 2_048, pathPrefixes: { platform: ['tools/'] } };

/** `REASON message` for each object that was given. */
function verdicts(resources: readonly Resource[], policy = standalone): readonly string[] {
  const compiled = compileIndex(resources, policy);
  return resources.map((resource) => {
    const finding = compiled.finding(resource);
    const { reason, message } = withNotes(
      resource,
      findingAt(Date.parse('2026-06-01T00:00:00Z'), resource, finding),
      compiled.names,
    );
    return `${reason} ${message}`.trim();
  });
}

function indexOf(resources: readonly Resource[]) {
  const changes = { set: compileIndex(resources, standalone).lines, removed: new Set<string>() };
  const plan = planRevision(undefined, changes, 1, { maxDeltas: 1, foldBytes: 0 });
  assert.ok(plan);
  const shards = new Map(plan.writes.map((shard) => [shard.name, decodeShard(encodeShard(shard))]));
  const loaded = loadIndex(plan.next.manifest, (name) => shards.get(name));
  assert.ok(loaded.ok);
  return loaded.value.index;
}

const alice = object('GitUser', 'a/alice', { groups: ['dev'] });
const bob = object('GitUser', 'a/bob', {});
const eve = object('GitUser', 'b/eve', {});
const key = publicKey();
const aliceKey = object('SSHKey', 'a/k1', { publicKey: key.line, userRef: { name: 'alice' } });
const bobKey = object('SSHKey', 'a/k2', { publicKey: key.line, userRef: { name: 'bob' } });
const eveKey = object('SSHKey', 'b/k', { publicKey: key.line, userRef: { name: 'eve' } });
const app = object('Repository', 'a/app', { access: [{ role: 'Write', subjects: [{ kind: 'User', name: 'alice' }] }] });
const deployKey = object('SSHKey', 'a/deploy', { publicKey: key.line, repositoryRefs: [{ name: 'app' }] });

describe('what is accepted', () => {
  const claim = (ref: string, path?: string, createdAt?: number) =>
    object('Repository', ref, path === undefined ? {} : { path }, createdAt);

  it('names the winner of a duplicate within a namespace', () => {
    const again = object('SSHKey', 'a/k9', { publicKey: `${key.line} a comment`, userRef: { name: 'alice' } });
    assert.match(verdicts([alice, again, aliceKey])[1] ?? '', /^Duplicate .* SSHKey a\/k1/);
    assert.match(verdicts([alice, aliceKey, app, deployKey])[1] ?? '', /^Duplicate .* SSHKey a\/deploy/);
  });

  it('lets the older of two duplicates win, whatever its name', () => {
    const old = object('SSHKey', 'a/zz', { publicKey: key.line, userRef: { name: 'alice' } }, 1);
    const young = object('SSHKey', 'a/aa', { publicKey: key.line, userRef: { name: 'alice' } }, 2);
    assert.match(verdicts([alice, young, old])[1] ?? '', /^Duplicate .* SSHKey a\/zz/);
  });

  it('lets several users of a namespace share a key by login name, and other namespaces list it', () => {
    const [, , , first, second, third] = verdicts([alice, bob, eve, aliceKey, bobKey, eveKey]);
    assert.match(first ?? '', /^Accepted .*alice@/);
    assert.match(second ?? '', /^Accepted .*bob@/);
    assert.equal(third, 'Accepted');
  });

  const sharersOf = (count: number, spec: object = {}): readonly Resource[] =>
    Array.from({ length: count }, (_, n) => [
      object('GitUser', `a/user-${n}`, {}),
      object('SSHKey', `a/key-${n}`, { publicKey: key.line, userRef: { name: `user-${n}` }, ...spec }, n),
    ]).flat();

  const reasons = (resources: readonly Resource[]): readonly string[] =>
    verdicts(resources).filter((_, at) => resources[at]?.kind === 'SSHKey');

  it('lets so many users of a namespace share a key and no more; the next takes over when one goes', () => {
    const sharers = sharersOf(maxHolders + 2);
    const found = reasons(sharers);
    assert.ok(found.slice(0, maxHolders).every((finding) => finding.startsWith('Accepted ')));
    for (const finding of found.slice(maxHolders)) assert.match(finding, /^TooManyUsers 64 .*: give this user a key/);
    const fewer = reasons(sharers.slice(2));
    assert.match(fewer[maxHolders - 1] ?? '', /^Accepted .*user-64@/);
    assert.match(fewer[maxHolders] ?? '', /^TooManyUsers/);
    // Of a user who has it already, there is something better to say.
    const again = object('SSHKey', 'a/again', { publicKey: key.line, userRef: { name: 'user-1' } }, 1_000);
    assert.match(reasons([...sharers, again]).at(-1) ?? '', /^Duplicate .*a\/key-1,/);
  });

  it('lets no more users share a key than one entry has room for', () => {
    const sourceRanges = Array.from({ length: 64 }, (_, n) => `2001:db8:1234:5678:9abc:def0:1234:${n}/128`);
    const found = reasons(sharersOf(20, { sourceRanges }));
    const first = found.findIndex((finding) => finding.startsWith('TooLarge '));
    assert.ok(first > 2 && first < 20);
    assert.ok(found.slice(first).every((finding) => finding.startsWith('TooLarge ')));
    const lines = [...compileIndex(sharersOf(20, { sourceRanges }), standalone).lines.values()];
    const longest = Math.max(...lines.map((line) => Buffer.byteLength(line)));
    assert.ok(longest > maxEntryBytes * 0.9 && longest <= maxEntryBytes);
  });

  it('wants owners that exist in the own namespace', () => {
    assert.match(verdicts([eve, aliceKey])[1] ?? '', /^UserNotFound .*a\/alice/);
    assert.match(verdicts([deployKey])[0] ?? '', /^RepositoryNotFound .*a\/app/);
    const partly = object('SSHKey', 'a/d', {
      publicKey: key.line,
      repositoryRefs: [{ name: 'app' }, { name: 'gone' }],
    });
    assert.match(verdicts([app, partly])[1] ?? '', /^Accepted .*a\/gone/);
  });

  it('refuses weak, broken and expired keys with a word on what to do', () => {
    const { publicKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 1_024 });
    const { n = '', e = '' } = rsa.export({ format: 'jwk' });
    const field = (bytes: Buffer): Buffer =>
      Buffer.concat([Buffer.from([0, 0, bytes.length >> 8, bytes.length & 255]), bytes]);
    const blob = Buffer.concat([
      field(Buffer.from('ssh-rsa')),
      field(Buffer.from(e, 'base64url')),
      field(Buffer.concat([Buffer.of(0), Buffer.from(n, 'base64url')])),
    ]);
    const spec = (publicKeyLine: string) => ({ publicKey: publicKeyLine, userRef: { name: 'alice' } });
    assert.match(
      verdicts([alice, object('SSHKey', 'a/rsa', spec(`ssh-rsa ${blob.toString('base64')}`))])[1] ?? '',
      /^WeakKey .*1024/,
    );
    assert.match(
      verdicts([alice, object('SSHKey', 'a/x', spec('ssh-ed25519 AAAA'))])[1] ?? '',
      /^Invalid spec.publicKey/,
    );
    const pasted =
      verdicts([alice, object('SSHKey', 'a/x', spec('-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0'))])[1] ?? '';
    assert.match(pasted, /^Invalid .*private/i);
    assert.doesNotMatch(pasted, /c2VjcmV0/);
    const expired = object('SSHKey', 'a/x', { ...spec(key.line), expiresAt: '2026-05-01T00:00:00Z' });
    assert.match(verdicts([alice, expired])[1] ?? '', /^Expired/);
  });

  it('names the field that is at fault, if it is one', () => {
    const fieldOf = (resource: Resource, ...others: readonly Resource[]): string | undefined => {
      const finding = compileIndex([resource, ...others], standalone).finding(resource);
      return findingAt(Date.parse('2026-06-01T00:00:00Z'), resource, finding).field;
    };
    const userRef = { name: 'alice' };
    const sshKey = (spec: object): Resource => object('SSHKey', 'a/x', { publicKey: key.line, userRef, ...spec });
    assert.equal(fieldOf(sshKey({ publicKey: 'ssh-ed25519 AAAA' })), 'publicKey');
    assert.equal(fieldOf(sshKey({})), 'userRef');
    assert.equal(fieldOf(sshKey({}), alice, aliceKey), 'publicKey');
    assert.equal(fieldOf(sshKey({ expiresAt: '2026-05-01T00:00:00Z' }), alice), 'expiresAt');
    assert.equal(fieldOf(deployKey), 'repositoryRefs');
    assert.equal(fieldOf(claim('other/mine', 'team/app'), claim('team/app')), 'path');
    assert.equal(fieldOf(alice), undefined);
  });

  it('gives a path to the older claim, and to a namespace only what it may use', () => {
    const first = object('Repository', 'a/one', { path: 'a/same' }, 1);
    const second = object('Repository', 'a/another', { path: 'a/same' }, 2);
    assert.match(verdicts([second, first])[0] ?? '', /^PathTaken .*a\/one/);
    const foreign = object('Repository', 'b/thief', { path: 'a/app' });
    assert.match(verdicts([app, foreign], cluster)[1] ?? '', /^PathNotPermitted/);
    assert.equal(verdicts([object('Repository', 'platform/x', { path: 'tools/x' })], cluster)[0], 'Accepted');
    // What every object of JavaScript has by that name is no list of prefixes.
    assert.match(
      verdicts([object('Repository', 'constructor/x', { path: 'y' })], cluster)[0] ?? '',
      /^PathNotPermitted/,
    );
    assert.equal(verdicts([object('Repository', 'b/free', { path: 'anything' })])[0], 'Accepted');
  });

  const claims: readonly [name: string, loser: Resource, winner: Resource][] = [
    ['the object of that name over one of another namespace', claim('other/mine', 'team/app'), claim('team/app')],
    ['it over one of its own namespace', claim('team/aaa', 'team/app'), claim('team/app')],
    ['it, though it writes its path out', claim('team/aaa', 'team/app'), claim('team/app', 'team/app')],
    ['the namespace that it lies in over another', claim('other/a', 'team/app'), claim('team/zzz', 'team/app')],
    ['the earlier namespace when it lies in neither', claim('b/a', 'tools'), claim('a/b', 'tools')],
    ['the earlier name within a namespace', claim('team/c', 'team/app'), claim('team/b', 'team/app')],
    ['the older object whatever it is called', claim('team/app', undefined, 2), claim('other/mine', 'team/app', 1)],
    ['the name when ages are the same', claim('other/mine', 'team/app', 1), claim('team/app', undefined, 1)],
  ];
  for (const [name, loser, winner] of claims) {
    it(`gives a path to ${name}`, () => {
      for (const both of [
        [loser, winner],
        [winner, loser],
      ]) {
        const compiled = compileIndex(both, standalone);
        assert.equal(compiled.finding(winner).reason, 'Accepted');
        assert.equal(compiled.finding(loser).reason, 'PathTaken');
        const entries = [...compiled.lines.values()].map(decodeEntry);
        assert.deepEqual(
          entries.map((entry) => entry?.kind === 'Repository' && entry.uid),
          [winner.metadata.uid],
        );
      }
    });
  }

  it('refuses a path that namespace and name make too long', () => {
    const name = 'r'.repeat(253);
    assert.match(verdicts([object('Repository', `a/${name}`, {})])[0] ?? '', /^Accepted/);
    assert.match(verdicts([object('Repository', `ab/${name}`, {})])[0] ?? '', /^Invalid .*longer than 255 bytes/);
  });

  it('refuses what compiles to too much, and notes subjects who do not exist', () => {
    const subjects = Array.from({ length: 100 }, (_, n) => ({
      kind: 'User',
      name: `user-${n}`,
      namespace: 'n'.repeat(60),
    }));
    const access = Array.from({ length: 6 }, () => ({ role: 'Read', subjects }));
    assert.match(verdicts([object('Repository', 'a/big', { access })])[0] ?? '', /^TooLarge/);
    assert.match(verdicts([app])[0] ?? '', /^Accepted .*GitUser a\/alice/);
    const developers = { kind: 'Group', name: 'dev' };
    const refRules = [
      { refs: ['refs/**'], actions: ['Create'], effect: 'Deny', subjects: [{ kind: 'Group', name: 'devs' }] },
    ];
    const toGroups = object('Repository', 'a/g', { access: [{ role: 'Read', subjects: [developers] }], refRules });
    assert.equal(verdicts([toGroups, alice])[0], 'Accepted it names Group a/devs, which no GitUser is in');
    const crowd = Array.from({ length: 100 }, (_, n) => ({ kind: 'User', name: `u-${n}` }));
    const toCrowd = object('Repository', 'a/c', {
      access: [{ role: 'Read', subjects: [...crowd.slice(1), crowd[1]] }],
    });
    assert.equal(
      verdicts([toCrowd, object('GitUser', 'a/u-2', {})])[0],
      'Accepted it names GitUser a/u-1, GitUser a/u-3, GitUser a/u-4 and 95 more, which do not exist',
    );
  });
});

describe('whom a key lets in', () => {
  const facts = (changes: Partial<LoginFacts> = {}): LoginFacts => ({
    keyHash: key.hash,
    loginName: 'git',
    address: '192.0.2.1',
    now: Date.parse('2026-06-01T00:00:00Z'),
    ...changes,
  });

  const who = (resources: readonly Resource[], changes: Partial<LoginFacts> = {}): string => {
    const found = candidatesFor(indexOf(resources), facts(changes));
    if (!found.ok) return found.error.reason;
    return found.value
      .map(({ identity }) => (identity.kind === 'User' ? identity.user.name : identity.key.name))
      .join();
  };

  const limited = (spec: object): Resource =>
    object('SSHKey', 'a/k1', { publicKey: key.line, userRef: { name: 'alice' }, ...spec });

  const rows: readonly [
    name: string,
    resources: readonly Resource[],
    changes: Partial<LoginFacts>,
    expected: string,
  ][] = [
    ['its user', [alice, aliceKey], {}, 'alice'],
    ['its user by name', [alice, aliceKey], { loginName: 'alice' }, 'alice'],
    ['nobody by another name', [alice, bob, aliceKey], { loginName: 'bob' }, 'WrongLoginName'],
    ['nobody by root', [alice, aliceKey], { loginName: 'root' }, 'WrongLoginName'],
    ['users of several namespaces', [alice, eve, aliceKey, eveKey], {}, 'alice,eve'],
    ['one of them by name', [alice, eve, aliceKey, eveKey], { loginName: 'eve' }, 'eve'],
    ['none of those who share it in a namespace', [alice, bob, aliceKey, bobKey], {}, 'WrongLoginName'],
    ['each of those by name', [alice, bob, aliceKey, bobKey], { loginName: 'bob' }, 'bob'],
    ['a deploy key as git', [app, deployKey], {}, 'deploy'],
    ['no deploy key by another name', [app, deployKey], { loginName: 'deploy' }, 'WrongLoginName'],
    ['nobody whom it does not list', [alice], {}, 'UnknownKey'],
    ['nobody before its time', [alice, limited({ notBefore: '2026-07-01T00:00:00Z' })], {}, 'NotYetValid'],
    ['nobody from its end on', [alice, limited({ expiresAt: '2026-06-01T00:00:00Z' })], {}, 'Expired'],
    ['its user up to its end', [alice, limited({ expiresAt: '2026-06-01T00:00:00.001Z' })], {}, 'alice'],
    ['its user from its ranges', [alice, limited({ sourceRanges: ['192.0.2.0/24'] })], {}, 'alice'],
    ['nobody from elsewhere', [alice, limited({ sourceRanges: ['198.51.100.0/24'] })], {}, 'SourceAddress'],
    ['nobody who is suspended', [object('GitUser', 'a/alice', { suspended: true }), aliceKey], {}, 'Suspended'],
  ];
  for (const [name, resources, changes, expected] of rows) {
    it(name, () => assert.equal(who(resources, changes), expected));
  }

  const refusalRows: readonly [
    name: string,
    resources: readonly Resource[],
    changes: Partial<LoginFacts>,
    expected: readonly string[],
  ][] = [
    ['its object and user', [alice, limited({ expiresAt: '2026-01-01T00:00:00Z' })], {}, ['a/k1 a/alice']],
    ['all that share it', [alice, bob, aliceKey, bobKey], {}, ['a/k1 a/alice', 'a/k2 a/bob']],
    ['a deploy key', [app, deployKey], { loginName: 'x' }, ['a/deploy -']],
    [
      'the furthest alone',
      [object('GitUser', 'a/alice', { suspended: true }), eve, aliceKey, eveKey],
      { loginName: 'alice' },
      ['a/k1 a/alice'],
    ],
    ['nobody of an unknown key', [alice], {}, []],
  ];
  for (const [name, resources, changes, expected] of refusalRows) {
    it(`a refusal names ${name}`, () => {
      const found = candidatesFor(indexOf(resources), facts(changes));
      assert.ok(!found.ok);
      const owners = found.error.owners.map(({ key, user }) => `${formatRef(key)} ${user ? formatRef(user) : '-'}`);
      assert.deepEqual(owners, expected);
    });
  }

  it("acts as the candidate of the repository's own namespace first, and otherwise as the first that may", () => {
    const everyone = [{ role: 'Write', subjects: [{ kind: 'Everyone' }] }];
    const open = object('Repository', 'b/open', { access: everyone });
    const index = indexOf([alice, eve, aliceKey, eveKey, open, app]);
    const candidates = candidatesFor(index, facts());
    assert.ok(candidates.ok);
    const actor = (path: string): string | undefined => {
      const repository = index.repository(path);
      assert.ok(repository);
      const identity = chooseCandidate(candidates.value, 'Write', repository)?.candidate.identity;
      return identity?.kind === 'User' ? identity.user.name : undefined;
    };
    assert.equal(actor('b/open'), 'eve');
    assert.equal(actor('a/app'), 'alice');
  });
});
