import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Registry } from 'prom-client';
import { createWorkQueue, type WorkItem, type WorkQueue } from './work-queue.ts';
import { createQueueMetrics } from './work-queue-metrics.ts';

function start(context: TestContext, options: Parameters<typeof createWorkQueue>[0] = {}): WorkQueue {
  const queue = createWorkQueue(options);
  context.after(() => void queue.shutDown());
  return queue;
}

async function take(queue: WorkQueue): Promise<WorkItem> {
  const item = await queue.next();
  assert.ok(item !== undefined);
  return item;
}

test('a key that is added many times is handed out once', async (context) => {
  const queue = start(context);
  for (let count = 0; count < 5; count++) assert.equal(queue.add('a'), true);
  queue.add('b');
  assert.equal(queue.depth, 2);
  assert.deepEqual([(await take(queue)).key, (await take(queue)).key, queue.depth], ['a', 'b', 0]);
});

test('a key that is added while a worker has it is handed out once more, when that is done', async (context) => {
  const queue = start(context);
  queue.add('a');
  const first = await take(queue);
  queue.add('a');
  queue.add('a', { priority: 3 });
  assert.equal(queue.depth, 0);
  const second = queue.next();
  first.done();
  const { key, priority } = (await second) ?? {};
  assert.deepEqual([key, priority, queue.depth], ['a', 3, 0]);
});

test('a higher priority overtakes', async (context) => {
  const queue = start(context);
  queue.add('status 1');
  queue.add('status 2');
  queue.add('revocation', { priority: 10 });
  const keys = [];
  for (let count = 0; count < 3; count++) keys.push((await take(queue)).key);
  assert.deepEqual(keys, ['revocation', 'status 1', 'status 2']);
});

test('a pause is kept; the earlier time and the higher priority hold; an add without pause ends it', async (context) => {
  const queue = start(context);
  // First, so that it is the sooner one however long this turn takes.
  queue.add('sooner', { afterMs: 50 });
  queue.add('a', { afterMs: 60_000, priority: 4 });
  queue.add('a', { afterMs: 100 });
  queue.add('a', { afterMs: 60_000 });
  assert.equal(queue.depth, 0);
  assert.equal((await take(queue)).key, 'sooner');
  const { key, priority } = await take(queue);
  assert.deepEqual([key, priority], ['a', 4]);
  queue.add('b', { afterMs: 60_000 });
  queue.add('b');
  assert.equal((await take(queue)).key, 'b');
});

test('failures are counted for each key', async (context) => {
  const queue = start(context, { backOff: { firstMs: 1, maxMs: 4 } });
  for (let count = 1; count <= 5; count++) {
    queue.addRateLimited('a');
    assert.equal(queue.failures('a'), count);
    (await take(queue)).done();
  }
  queue.forget('a');
  assert.deepEqual([queue.failures('a'), queue.failures('b')], [0, 0]);
});

test('no more are handed out than the rate limit lets through', async (context) => {
  const queue = start(context, { rateLimit: { perSecond: 100, burst: 5 } });
  for (let count = 0; count < 25; count++) queue.add(`${count}`);
  const startedAt = performance.now();
  for (let count = 0; count < 25; count++) (await take(queue)).done();
  const ms = performance.now() - startedAt;
  assert.ok(ms >= 190, `${ms} ms`);
});

test('a full queue refuses new keys, but none that it has', async (context) => {
  const queue = start(context, { maxLength: 2 });
  assert.deepEqual([queue.add('a'), queue.add('b', { afterMs: 1_000 }), queue.add('c')], [true, true, false]);
  assert.deepEqual([queue.add('a'), queue.add('b')], [true, true]);
  (await take(queue)).done();
  assert.equal(queue.add('c'), true);
});

test('shutting down waits for what runs, and hands out nothing more', async () => {
  const queue = createWorkQueue();
  queue.add('a');
  queue.add('b');
  const item = await take(queue);
  let isDown = false;
  const down = queue.shutDown().then(() => {
    isDown = true;
  });
  assert.equal(await queue.next(), undefined);
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual([isDown, queue.add('c')], [false, false]);
  item.done();
  await down;
  const idle = createWorkQueue();
  const waiting = idle.next();
  await idle.shutDown();
  assert.equal(await waiting, undefined);
});

test('metrics have the names and labels of controller-runtime', async (context) => {
  const registry = new Registry();
  let now = 0;
  const queue = start(context, { observer: createQueueMetrics(registry, () => now)('sshkey') });
  queue.add('a');
  queue.add('b');
  now = 2_000;
  const item = await take(queue);
  now = 5_000;
  const text = await registry.metrics();
  const labels = '\\{name="sshkey",controller="sshkey"\\}';
  for (const [name, value] of [
    ['depth', 1],
    ['adds_total', 2],
    ['queue_duration_seconds_sum', 2],
    ['unfinished_work_seconds', 3],
    ['longest_running_processor_seconds', 3],
  ])
    assert.match(text, new RegExp(`^workqueue_${name}${labels} ${value}$`, 'm'));
  item.done();
  queue.addRateLimited('a');
  const after = await registry.metrics();
  assert.match(after, new RegExp(`^workqueue_work_duration_seconds_sum${labels} 3$`, 'm'));
  assert.match(after, new RegExp(`^workqueue_retries_total${labels} 1$`, 'm'));
  assert.match(after, /^workqueue_unfinished_work_seconds\{[^}]*\} 0$/m);
});
