import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyOf, parseKey } from './kubernetes-object.ts';
import { apiVersionOf, collectionPath, objectPath, type ResourceType } from './resource-type.ts';

const widget: ResourceType = {
  ...{ group: 'example.dev', version: 'v1', plural: 'widgets', kind: 'Widget', namespaced: true },
};
const configMap: ResourceType = { ...widget, group: '', plural: 'configmaps', kind: 'ConfigMap' };
const node: ResourceType = { ...configMap, plural: 'nodes', kind: 'Node', namespaced: false };

test('paths are those of the API', () => {
  assert.equal(collectionPath(widget, 'a'), '/apis/example.dev/v1/namespaces/a/widgets');
  assert.equal(collectionPath(widget, ''), '/apis/example.dev/v1/widgets');
  assert.equal(collectionPath(configMap, 'a'), '/api/v1/namespaces/a/configmaps');
  assert.equal(objectPath(node, { namespace: '', name: 'n' }), '/api/v1/nodes/n');
  const status = '/apis/example.dev/v1/namespaces/a/widgets/w/status';
  assert.equal(objectPath(widget, { namespace: 'a', name: 'w' }, 'status'), status);
  assert.deepEqual([apiVersionOf(widget), apiVersionOf(configMap)], ['example.dev/v1', 'v1']);
});

test('no name leads elsewhere', () => {
  const path = objectPath(widget, { namespace: 'a/../b', name: 'w?x=1#../../secrets/s' });
  assert.equal(path, '/apis/example.dev/v1/namespaces/a%2F..%2Fb/widgets/w%3Fx%3D1%23..%2F..%2Fsecrets%2Fs');
  for (const name of ['', '.', '..']) {
    assert.throws(() => objectPath(widget, { namespace: 'a', name }), /is no name of an object/);
    assert.throws(() => objectPath(widget, { namespace: name, name: 'w' }), /name|namespace/);
  }
});

test('a key is parsed back into its parts', () => {
  for (const parts of [
    { namespace: 'a', name: 'b' },
    { namespace: '', name: 'b' },
  ])
    assert.deepEqual(parseKey(keyOf(parts)), parts);
});
