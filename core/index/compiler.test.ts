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

const names = { GitUser: userName, SSHKey: fc.constantFrom('k1', 'k2', 'k3', 'k4'), Repository: repositoryName };

const resourceOf = (kind: keyof typeof spec) =>
  fc.tuple(namespace, names[kind], fc.nat(3), spec[kind]).map(([ns, name, createdAt, content]): Resource => {
    const document = { apiVersion: 'gitingress.dev/v1alpha1', kind, metadata: { namespace: ns, name }, spec: content };
    const parsed = parseResource(document, { namespace: 'default', uidOf: () => `${createdAt}` });
    assert.ok(parsed.ok, JSON.stringify(parsed));
    return { ...parsed.value, metadata: { ...parsed.value.metadata, createdAt } } as Resource;
  });

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
          const { set, added, removed, found } = compiler.update(changes);
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
});
