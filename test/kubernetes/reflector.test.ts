import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import { pino } from 'pino';
import type { ApiClient } from '../../kubernetes/api-client.ts';
import { startReflector } from '../../kubernetes/reflector.ts';
import { createStore, type Store } from '../../kubernetes/store.ts';
import { startApiServer } from '../harness/api-server.ts';
import { connect } from '../harness/connect.ts';
import { until } from '../harness/wait.ts';
import { createWidget, serveWidgets, widgetType } from '../harness/widgets.ts';

// It ends connections now and then (GOAWAY), as API servers behind a load balancer do.
const server = await startApiServer({ after }, { args: ['--goaway-chance=0.02'] });
const { client } = connect({ after }, server.kubeconfig('admin'));
await serveWidgets(client);
const log = pino({ level: 'silent' });

type Watched = { readonly store: Store<unknown>; readonly seen: readonly string[]; lists(): number };

/** A reflector of one namespace; `seen` has `TYPE NAME` of each change. */
function reflect(
  context: TestContext,
  namespace: string,
  options: Partial<Parameters<typeof startReflector<unknown>>[0]> = {},
): Watched {
  let lists = 0;
  const counting: ApiClient = {
    ...client,
    listPage(...args) {
      lists += 1;
      return client.listPage(...args);
    },
  };
  const ending = new AbortController();
  const store = createStore<unknown>({ log });
  const seen: string[] = [];
  store.subscribe((changes) => {
    for (const { type, key } of changes) seen.push(`${type} ${key.split('/')[1]}`);
  });
  const { closed } = startReflector({
    ...{ client: counting, type: widgetType, namespace, sink: store, log, signal: ending.signal },
    transform: ({ spec }) => spec,
    ...options,
  });
  context.after(async () => {
    ending.abort();
    await closed;
  });
  return { store, seen, lists: () => lists };
}

const resize = (namespace: string, name: string, size: number): Promise<unknown> =>
  client.mergePatch(widgetType, { namespace, name }, { spec: { size } }, { fieldManager: 'test' });

test('objects are followed, in the order of their changes', async (context) => {
  const namespace = await server.namespace();
  await createWidget(client, namespace, 'early');
  const { store, seen } = reflect(context, namespace);
  await store.synced;
  await createWidget(client, namespace, 'late');
  await resize(namespace, 'late', 2);
  await client.remove(widgetType, { namespace, name: 'early' });
  await until('all is seen', () => seen.length === 4);
  assert.deepEqual(seen, ['Added early', 'Added late', 'Changed late', 'Removed early']);
  assert.deepEqual(store.get(`${namespace}/late`)?.value, { size: 2 });
});

test('a watch that the server ends every second loses nothing, and nothing comes late', async (context) => {
  const namespace = await server.namespace();
  const { store, lists } = reflect(context, namespace, { watchSeconds: { min: 1, max: 1 } });
  await store.synced;
  await createWidget(client, namespace, 'one');
  let slowest = 0;
  for (let size = 2; size < 150; size++) {
    await resize(namespace, 'one', size);
    const beganAt = performance.now();
    await until('the change is seen', () => {
      return (store.get(`${namespace}/one`)?.value as { size: number } | undefined)?.size === size;
    });
    slowest = Math.max(slowest, performance.now() - beganAt);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.ok(slowest < 1_500, `${slowest} ms`);
  assert.equal(lists(), 1);
});

test('an API server that was killed is followed again once it is back', async (context) => {
  const namespace = await server.namespace();
  const { store, seen } = reflect(context, namespace);
  await store.synced;
  await createWidget(client, namespace, 'before');
  await server.kill();
  await server.restart();
  await createWidget(client, namespace, 'after');
  // Of a list that has both, in its order.
  await until('both are seen', () => seen.length >= 2);
  assert.deepEqual([...seen].sort(), ['Added after', 'Added before']);
});

test('after a compaction it lists again, and tells of what was deleted and made anew meanwhile', async (context) => {
  const namespace = await server.namespace();
  for (const name of ['stays', 'anew', 'goes']) await createWidget(client, namespace, name);
  // A watch that cannot be opened before all has happened.
  let isHeld = false;
  const held: ApiClient = {
    ...client,
    async watch(type, request) {
      await until('the watch may open', () => !isHeld);
      return client.watch(type, request);
    },
  };
  const { store, seen } = reflect(context, namespace, { client: held, watchSeconds: { min: 1, max: 1 } });
  await store.synced;
  isHeld = true;
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const uid = store.get(`${namespace}/anew`)?.uid;
  for (const name of ['goes', 'anew']) await client.remove(widgetType, { namespace, name });
  await createWidget(client, namespace, 'anew');
  await server.compact();
  await server.restart();
  isHeld = false;
  await until('all is seen', () => seen.length === 6);
  assert.deepEqual(seen.slice(0, 3).toSorted(), ['Added anew', 'Added goes', 'Added stays']);
  assert.deepEqual(seen.slice(3), ['Removed goes', 'Removed anew', 'Added anew']);
  assert.notEqual(store.get(`${namespace}/anew`)?.uid, uid);
});

test('an etcd that lost everything, and is far behind, is taken as it is', async (context) => {
  const namespace = await server.namespace();
  const { store, seen } = reflect(context, namespace);
  await store.synced;
  await createWidget(client, namespace, 'lost');
  await until('it is seen', () => store.size === 1);
  await server.empty();
  await serveWidgets(client);
  await until('what was lost is gone', () => store.size === 0, 60_000);
  await server.mustKubectl(['create', 'namespace', namespace]);
  await createWidget(client, namespace, 'anew');
  await until('what is new is seen', () => store.size === 1);
  assert.deepEqual(seen, ['Added lost', 'Removed lost', 'Added anew']);
});
