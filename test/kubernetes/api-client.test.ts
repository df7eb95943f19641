import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { after, test } from 'node:test';
import type { ApiClient } from '../../kubernetes/api-client.ts';
import { isAlreadyExists, isConflict, isForbidden, isInvalid } from '../../kubernetes/api-error.ts';
import { createApply } from '../../kubernetes/apply.ts';
import { listAll } from '../../kubernetes/paginated-list.ts';
import { startApiServer } from '../harness/api-server.ts';
import { connect } from '../harness/connect.ts';
import { createWidget, serveWidgets, widgetType } from '../harness/widgets.ts';

const by = { fieldManager: 'test' };
// Not in before(): its after() would end them before the first test.
const server = await startApiServer({ after }, { users: { nobody: [] } });
const { client } = connect({ after }, server.kubeconfig('admin'));
await serveWidgets(client);

test('verbs do what they say, and tell what stands in their way', async () => {
  const namespace = await server.namespace();
  const name = { namespace, name: 'one' };
  assert.equal(await client.get(widgetType, name), undefined);
  assert.equal(await client.remove(widgetType, name), false);
  const created = await createWidget(client, namespace, 'one');
  await assert.rejects(createWidget(client, namespace, 'one'), isAlreadyExists);
  assert.deepEqual(await client.get(widgetType, name), created);

  const metadata = { ...name, resourceVersion: created.metadata.resourceVersion };
  const replaced = await client.replace(widgetType, { metadata, spec: { size: 2 } }, by);
  assert.deepEqual(replaced.spec, { size: 2 });
  await assert.rejects(client.replace(widgetType, { metadata, spec: { size: 3 } }, by), isConflict);

  const status = { ...by, subresource: 'status' } as const;
  const patched = await client.mergePatch(widgetType, name, { status: { ready: true }, spec: { size: 9 } }, status);
  assert.deepEqual([patched.status, patched.spec], [{ ready: true }, { size: 2 }]);

  await assert.rejects(client.remove(widgetType, name, { uid: 'other' }), isConflict);
  assert.equal(await client.remove(widgetType, name, { uid: created.metadata.uid }), true);
});

test('writes are validated strictly', async () => {
  const namespace = await server.namespace();
  const metadata = { namespace, name: 'one' };
  const misspelt = client.create(widgetType, { metadata, spec: { sise: 1 } }, by);
  await assert.rejects(misspelt, { status: 400, message: /unknown field "spec.sise"/ });
  await assert.rejects(client.create(widgetType, { metadata, spec: { size: 'big' } }, by), isInvalid);
  const applied = client.apply(widgetType, { metadata, spec: { sise: 1 } }, { ...by, force: true });
  await assert.rejects(applied, /spec.sise: field not declared in schema|unknown field/);
});

test('who may not is told so', async (context) => {
  const nobody = connect(context, server.kubeconfig('nobody')).client;
  await assert.rejects(nobody.listPage(widgetType, { limit: 1 }), isForbidden);
});

test('an applied object is what it was applied as, whoever changed it; applied again, nothing is written', async () => {
  const namespace = await server.namespace();
  const metadata = { namespace, name: 'one' };
  const apply = createApply(client, 'controller');
  const first = await apply(widgetType, { metadata, spec: { size: 1, colour: 'red' } });
  await client.mergePatch(widgetType, metadata, { spec: { size: 7 }, status: {} }, { fieldManager: 'somebody' });
  const second = await apply(widgetType, { metadata, spec: { size: 1 } });
  assert.deepEqual(second.spec, { size: 1 });
  const third = await apply(widgetType, { metadata, spec: { size: 1 } });
  assert.equal(third.metadata.resourceVersion, second.metadata.resourceVersion);
  assert.notEqual(first.metadata.resourceVersion, second.metadata.resourceVersion);
});

test('a list in pages is whole, and starts over when etcd has forgotten where it began', async () => {
  const namespace = await server.namespace();
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 25 }, (_, at) => createWidget(client, namespace, `w${at}`)));
  let pages = 0;
  const slow: ApiClient = {
    ...client,
    async listPage(type, request, options) {
      const page = await client.listPage(type, request, options);
      pages += 1;
      if (pages === 2) {
        await createWidget(client, namespace, 'late');
        await server.compact();
        await server.restart();
      }
      return page;
    },
  };
  const listed = await listAll(slow, widgetType, ({ metadata }) => metadata.name, { signal, limit: 10, namespace });
  assert.equal(new Set(listed.items).size, listed.items.length);
  // With the one that came later: it is the list of a later moment.
  assert.equal(listed.items.length, 26);
  assert.ok(pages >= 5, `${pages} pages`);
});

/** TCP connections of this process to a port. */
function connectionsTo(port: string): number {
  const inodes = new Set(
    readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return [/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1] ?? ''];
      } catch {
        return [];
      }
    }),
  );
  const remote = `:${Number(port).toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/self/net/tcp', 'utf8').split('\n').slice(1);
  return rows.filter((row) => {
    const [, , peer, state, , , , , , inode] = row.trim().split(/\s+/);
    return peer?.endsWith(remote) && state === '01' && inodes.has(inode ?? '');
  }).length;
}

test('480 writes, 48 at a time, with a watch open: one connection', async (context) => {
  const namespace = await server.namespace();
  const { port } = new URL(server.url);
  const before = connectionsTo(port);
  const { client: fresh } = connect(context, server.kubeconfig('admin'));
  const { signal } = new AbortController();
  await fresh.watch(widgetType, { namespace, resourceVersion: '', timeoutSeconds: 60, signal });
  let count = 0;
  const work = async (): Promise<void> => {
    while (count < 480) await createWidget(fresh, namespace, `w${count++}`);
  };
  await Promise.all(Array.from({ length: 48 }, work));
  assert.equal(connectionsTo(port) - before, 1);
});
