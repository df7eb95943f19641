import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { ApiError } from './api-error.ts';
import { type ReconcileResult, runController, TerminalError } from './controller.ts';
import { createControllerMetrics } from './controller-metrics.ts';
import { until } from './testing/until.ts';
import { createWorkQueue } from './work-queue.ts';

type Reconcile = (key: string, signal: AbortSignal) => Promise<ReconcileResult | undefined>;

function start(context: TestContext, reconcile: Reconcile, { workers = 2, timeoutMs = 60_000 } = {}) {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const queue = createWorkQueue({ backOff: { firstMs: 5, maxMs: 10 } });
  const ending = new AbortController();
  const registry = new Registry();
  const metrics = createControllerMetrics(registry);
  const name = 'sshkey';
  const closed = runController({ name, queue, workers, reconcile, log, metrics, timeoutMs, signal: ending.signal });
  context.after(async () => {
    ending.abort();
    await closed;
  });
  const metric = async (line: string): Promise<boolean> => (await registry.metrics()).split('\n').includes(line);
  return { queue, lines, closed, stop: () => ending.abort(), metric };
}

test('a failure is tried again until it succeeds, and is forgotten then', async (context) => {
  const calls: string[] = [];
  const { queue, lines, metric } = start(context, async (key) => {
    calls.push(key);
    if (calls.length < 4) throw new Error('not yet');
    return undefined;
  });
  queue.add('a/b');
  await until(() => calls.length === 4);
  await until(() => queue.failures('a/b') === 0);
  assert.equal(lines.filter(({ level }) => level === 50).length, 3);
  assert.ok(await metric('controller_runtime_reconcile_total{controller="sshkey",result="error"} 3'));
  assert.ok(await metric('controller_runtime_reconcile_total{controller="sshkey",result="success"} 1'));
  assert.ok(await metric('controller_runtime_reconcile_errors_total{controller="sshkey"} 3'));
  assert.ok(await metric('controller_runtime_reconcile_time_seconds_count{controller="sshkey"} 4'));
  assert.ok(await metric('controller_runtime_max_concurrent_reconciles{controller="sshkey"} 2'));
  assert.ok(await metric('controller_runtime_active_workers{controller="sshkey"} 0'));
});

test('a terminal error is told of and not tried again', async (context) => {
  let calls = 0;
  const { queue, lines, metric } = start(context, async () => {
    calls += 1;
    throw new TerminalError('never');
  });
  queue.add('a');
  await until(() => lines.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(calls, 1);
  assert.ok(await metric('controller_runtime_terminal_reconcile_errors_total{controller="sshkey"} 1'));
});

test('a conflict is tried again, and nobody is woken for it', async (context) => {
  let calls = 0;
  const { queue, lines } = start(context, async () => {
    calls += 1;
    if (calls === 1) throw new ApiError(409, { message: 'somebody was quicker', reason: 'Conflict' });
    return undefined;
  });
  queue.add('a');
  await until(() => calls === 2);
  assert.deepEqual(
    lines.map(({ level }) => level),
    [20],
  );
});

test('a key is looked at again when its reconciler asks for it', async (context) => {
  let calls = 0;
  const { queue, metric } = start(context, async () => {
    calls += 1;
    return calls === 1 ? { requeueAfterMs: 20 } : undefined;
  });
  queue.add('a');
  await until(() => calls === 2);
  assert.ok(await metric('controller_runtime_reconcile_total{controller="sshkey",result="requeue_after"} 1'));
});

test('so many at once, and never one key twice', async (context) => {
  const running = new Set<string>();
  let most = 0;
  let calls = 0;
  const { queue } = start(context, async (key) => {
    assert.equal(running.has(key), false);
    running.add(key);
    most = Math.max(most, running.size);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running.delete(key);
    calls += 1;
    return undefined;
  });
  for (let round = 0; round < 4; round++) {
    for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  await until(() => running.size === 0 && queue.depth === 0 && calls >= 4);
  assert.equal(most, 2);
});

test('a reconciler that hangs is told to end', async (context) => {
  let reason: unknown;
  const hang: Reconcile = (_key, signal) =>
    new Promise((_resolve, reject) =>
      signal.addEventListener('abort', () => {
        reason ??= signal.reason;
        reject(signal.reason);
      }),
    );
  const { queue, lines } = start(context, hang, { timeoutMs: 20 });
  queue.add('a');
  await until(() => lines.length > 0);
  assert.match(String(reason), /not done within 20 ms/);
});

test('its end waits for what runs', async (context) => {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let isRunning = false;
  const { queue, stop, closed } = start(context, () => {
    isRunning = true;
    return promise;
  });
  queue.add('a');
  await until(() => isRunning);
  stop();
  let isClosed = false;
  void closed.then(() => {
    isClosed = true;
  });
  await new Promise((tick) => setTimeout(tick, 20));
  assert.equal(isClosed, false);
  resolve(undefined);
  await closed;
});
