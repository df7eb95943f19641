import assert from 'node:assert/strict';
import { it } from 'node:test';
import { derivedUid } from '../core/api/derived-uid.ts';
import { parseResource, type Resource } from '../core/api/resource.ts';
import { createStandaloneIndex } from './index-source.ts';

const resource = (kind: string, name: string, spec: object): Resource => {
  const document = { apiVersion: 'gitingress.dev/v1alpha1', kind, metadata: { name }, spec };
  const parsed = parseResource(document, { namespace: 'default', uidOf: derivedUid });
  assert.ok(parsed.ok);
  return parsed.value;
};

it('swaps in each change as a whole, and tells whoever asked', () => {
  const index = createStandaloneIndex({ minimumRsaBits: 2_048 }, () => 0);
  const revisions: number[] = [];
  const unsubscribe = index.subscribe(({ revision }) => revisions.push(revision));
  assert.equal(index.current === undefined, true);
  const alice = resource('GitUser', 'alice', {});
  const app = resource('Repository', 'app', { path: 'app' });
  index.update([alice, app]);
  const first = index.current;
  index.update([alice, app]);
  index.update([alice]);
  assert.deepEqual(revisions, [1, 2]);
  assert.equal(first?.repository('app')?.name, 'app');
  assert.equal(index.current?.repository('app'), undefined);
  assert.equal(index.current?.user({ namespace: 'default', name: 'alice' })?.name, 'alice');
  unsubscribe();
  index.update([]);
  assert.deepEqual(revisions, [1, 2]);
});
