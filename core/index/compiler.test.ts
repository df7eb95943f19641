import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { keyOf, type ObjectKey } from '../api/object-key.ts';
import { parseResource, type Resource } from '../api/resource.ts';
import { compileIndex } from './compile.ts';
import { createIndexCompiler } from './compiler.ts';
import { changesBetween } from './index-changes.ts';

const publicKeys = Array.from({ length: 3 }, () => {
  const point = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const blob = Buffer.concat([Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20'), point]);
  return `ssh-ed25519 ${blob.toString('base64')}`;
});

const namespace = fc.constantFrom('a', 'b');
const userName = fc.constantFrom('u1', 'u2', 'u3');
const group = fc.constantFrom('g1', 'g2');
const repositoryName = fc.constantFrom('r1', 'r2', 'r3');
const subject = fc.oneof(
  fc.record({ kind: fc.constant('User'), name: userName, namespace }),
  fc.record({ kind: fc.constant('Group'), name: group }),
  fc.constant({ kind: 'Everyone' }),
);

const spec = {
  GitUser: fc.record({ groups: fc.uniqueArray(group), suspended: fc.boolean() }),
  SSHKey: fc
    .tuple(
      fc.constantFrom(...publicKeys, 'ssh-ed25519 AAAA'),
      fc.oneof(
        fc.record({ userRef: fc.record({ name: userName }) }),
        fc.record({
          repositoryRefs: fc.uniqueArray(fc.record({ name: repositoryName }), {
            minLength: 1,
            selector: ({ name }) => name,
          }),
        }),
      ),
    )
    .map(([publicKey, owner]) => ({ publicKey, ...owner })),
  Repository: fc
    .tuple(
      fc.option(fc.constantFrom('a/r1', 'b/r1', 'shared'), { nil: undefined }),
      fc.array(fc.record({ role: fc.constant('Read'), subjects: fc.array(subject, { minLength: 1, maxLength: 2 }) })),
    )
    .map(([path, access]) => ({ access, ...(path !== undefined && { path }) })),
};

const allNames = ['a', 'b'].flatMap((ns) => [
  ...['u1', 'u2', 'u3'].map((name) => `GitUser ${ns}/${name}`),
  ...['g1', 'g2'].map((name) => `Group ${ns}/${name}`),
  ...['r1', 'r2', 'r3'].map((name) => `Repository ${ns}/${name}`),
]);

const names = { GitUser: userName, SSHKey: fc.constantFrom('k1', 'k2', 'k3', 'k4'), Repository: repositoryName };

const resourceOf = (kind: keyof typeof spec) =>
  fc.tuple(namespace, names[kind], fc.nat(3), spec[kind]).map(([ns, name, createdAt, content]): Resource => {
    const document = { apiVersion: 'gitingress.dev/v1alpha1', kind, metadata: { namespace: ns, name }, spec: content };
    const parsed = parseResource(document, { namespace: 'default', uidOf: () => `${createdAt}` });
    assert.ok(parsed.ok, JSON.stringify(parsed));
    return { ...parsed.value, metadata: { ...parsed.value.metadata, createdAt } } as Resource;
  });

const parse = (kind: Resource['kind'], name: string, content: object): Resource => {
  const metadata = { namespace: 'a', name };
  const document = { apiVersion: 'gitingress.dev/v1alpha1', kind, metadata, spec: content };
  const parsed = parseResource(document, { namespace: 'default', uidOf: () => '' });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.value;
};

const changesTo = (...objects: readonly Resource[]) => new Map(objects.map((object) => [keyOf(object), object]));

const resource = fc.oneof(resourceOf('GitUser'), resourceOf('SSHKey'), resourceOf('Repository'));
const change = fc.tuple(resource, fc.boolean());
const batches = fc.array(fc.array(change, { maxLength: 6 }), { minLength: 1, maxLength: 12 });

describe('the compiler of the index', () => {
  it('comes by any changes to what the objects that are left would give at once', () => {
    const policy = { minimumRsaBits: 2_048, pathPrefixes: { a: ['shared'] } };
    fc.assert(
      fc.property(batches, (sequence) => {
        const compiler = createIndexCompiler(policy);
        const objects = new Map<ObjectKey, Resource>();
        for (const batch of sequence) {
          const before = new Map(compiler.lines);
          const findings = new Map([...objects.keys()].map((key) => [key, compiler.finding(key)]));
          const changes = new Map(batch.map(([object, isRemoved]) => [keyOf(object), isRemoved ? undefined : object]));
          const known = allNames.filter((name) => compiler.names.has(name));
          const { set, added, removed, found, names } = compiler.update(changes);
          for (const [key, object] of changes) {
            if (object === undefined) objects.delete(key);
            else objects.set(key, object);
          }
          const whole = compileIndex([...objects.values()], policy);
          assert.deepEqual(new Map(compiler.lines), new Map(whole.lines));
          for (const [key, object] of objects) {
            assert.deepEqual(compiler.finding(key), whole.finding(object));
            const isOther = JSON.stringify(findings.get(key)) !== JSON.stringify(compiler.finding(key));
            if (isOther) assert.ok(found.has(key), `${key} is found to be another`);
          }
          for (const key of changes.keys()) if (!objects.has(key)) assert.equal(compiler.finding(key), undefined);
          for (const name of allNames) {
            assert.equal(compiler.names.has(name), whole.names.has(name));
            assert.equal(names.has(name), known.includes(name) !== compiler.names.has(name), name);
          }
          assert.deepEqual({ set, removed }, changesBetween(before, compiler.lines));
          assert.deepEqual(
            [...added],
            [...set.keys()].filter((id) => !before.has(id)),
          );
        }
      }),
      { numRuns: 400 },
    );
  });

  it('judges no Repository again when a user or a group comes or goes of whom it speaks', () => {
    const compiler = createIndexCompiler({ minimumRsaBits: 2_048 });
    const subjects = [
      { kind: 'User', name: 'u1' },
      { kind: 'Group', name: 'g1' },
    ];
    const repositories = ['r1', 'r2'].map((name) =>
      parse('Repository', name, { access: [{ role: 'Read', subjects }] }),
    );
    compiler.update(changesTo(...repositories));
    const user = parse('GitUser', 'u1', { groups: ['g1'] });
    const come = compiler.update(changesTo(user));
    assert.deepEqual([...come.set.keys(), ...come.removed], ['user/a/u1']);
    assert.deepEqual([...come.found], ['GitUser a/u1']);
    assert.deepEqual([...come.names], ['GitUser a/u1', 'Group a/g1']);
    const gone = compiler.update(new Map([[keyOf(user), undefined]]));
    assert.deepEqual([[...gone.removed], [...gone.found], [...gone.set]], [['user/a/u1'], [], []]);
    assert.deepEqual([...gone.names], ['GitUser a/u1', 'Group a/g1']);
  });

  it('lets an object that is refused for itself claim nothing, and finds it accepted when it is mended', () => {
    const compiler = createIndexCompiler({ minimumRsaBits: 2_048 });
    const user = parse('GitUser', 'u1', {});
    const [publicKey] = publicKeys;
    const key = parse('SSHKey', 'k1', { publicKey, userRef: { name: 'u1' } });
    const broken = parse('SSHKey', 'k1', { publicKey: 'ssh-ed25519 AAAA', userRef: { name: 'u1' } });
    compiler.update(changesTo(user, key));
    const { removed, found } = compiler.update(changesTo(broken));
    assert.equal(compiler.finding(keyOf(broken))?.reason, 'Invalid');
    assert.deepEqual([removed.size, [...found], compiler.claim(keyOf(broken))], [1, ['SSHKey a/k1'], undefined]);
    assert.equal(compiler.update(new Map([[keyOf(user), undefined]])).found.size, 0);
    const mended = compiler.update(changesTo(user, key));
    assert.equal(compiler.finding(keyOf(key))?.reason, 'Accepted');
    assert.equal(mended.set.size, 2);
  });

  it('lets younger ones in when the owner goes of one that was too large beside older ones', () => {
    const [publicKey] = publicKeys;
    const sourceRanges = Array.from({ length: 64 }, (_, n) => `2001:db8:1234:5678:9abc:def0:1234:${n}/128`);
    const users = Array.from({ length: 20 }, (_, n) => parse('GitUser', `u${n}`, {}));
    const keys = users.map(({ metadata: { name } }, n) => {
      const ranges = n < 15 ? { sourceRanges } : {};
      const key = parse('SSHKey', `k${n}`, { publicKey, userRef: { name }, ...ranges });
      return { ...key, metadata: { ...key.metadata, createdAt: n } } as Resource;
    });
    const policy = { minimumRsaBits: 2_048 };
    const compiler = createIndexCompiler(policy);
    const objects = changesTo(...users, ...keys);
    compiler.update(objects);
    const isTooLarge = (key: Resource): boolean => compiler.finding(keyOf(key))?.reason === 'TooLarge';
    const first = keys.findIndex(isTooLarge);
    assert.ok(first > 0 && keys.slice(first).every(isTooLarge));
    for (const user of users.slice(first, 15)) {
      compiler.update(new Map([[keyOf(user), undefined]]));
      objects.delete(keyOf(user));
      const whole = compileIndex([...objects.values()], policy);
      for (const key of keys) assert.deepEqual(compiler.finding(keyOf(key)), whole.finding(key));
      assert.deepEqual(new Map(compiler.lines), whole.lines);
    }
    assert.ok(keys.slice(15).every((key) => compiler.finding(keyOf(key))?.reason === 'Accepted'));
  });
});
