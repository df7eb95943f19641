import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Told of what happens in a queue. */
export type QueueObserver = {
  onAdd(): void;
  onReady(key: string): void;
  onBegin(key: string): void;
  onDone(key: string): void;
  onRetry(): void;
};

/** Makes an observer for each queue of a process. */
export type QueueMetrics = (name: string) => QueueObserver;

/** Powers of ten from 10 ns, as controller-runtime has them. */
const buckets = Array.from({ length: 12 }, (_, power) => 10 ** (power - 8));
const labelNames = ['name', 'controller'];

type Times = { readonly readyAt: Map<string, number>; readonly begunAt: Map<string, number> };

/** The metrics of client-go's work queues, with the labels of controller-runtime. */
export function createQueueMetrics(registry: Registry, now = () => performance.now()): QueueMetrics {
  const queues = new Map<string, Times>();
  const registers = [registry];
  const adds = new Counter({
    ...{ name: 'workqueue_adds_total', help: 'Total number of adds handled by workqueue', labelNames, registers },
  });
  const retries = new Counter({
    ...{ name: 'workqueue_retries_total', help: 'Total number of retries handled by workqueue', labelNames, registers },
  });
  const waits = new Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'How long in seconds an item stays in workqueue before being requested',
    ...{ labelNames, buckets, registers },
  });
  const works = new Histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'How long in seconds processing an item from workqueue takes.',
    ...{ labelNames, buckets, registers },
  });
  const gauge = (name: string, help: string, read: (times: Times) => number): void => {
    new Gauge({
      ...{ name, help, labelNames, registers },
      collect() {
        for (const [queue, times] of queues) this.set({ name: queue, controller: queue }, read(times));
      },
    });
  };
  const runningSeconds = ({ begunAt }: Times): readonly number[] =>
    [...begunAt.values()].map((begun) => (now() - begun) / 1_000);
  gauge('workqueue_depth', 'Current depth of workqueue', ({ readyAt }) => readyAt.size);
  gauge(
    'workqueue_unfinished_work_seconds',
    'How many seconds of work has been done that is in progress and has not been observed by work_duration.',
    (times) => runningSeconds(times).reduce((sum, seconds) => sum + seconds, 0),
  );
  gauge(
    'workqueue_longest_running_processor_seconds',
    'How many seconds has the longest running processor for workqueue been running.',
    (times) => Math.max(0, ...runningSeconds(times)),
  );

  return (name) => {
    const labels = { name, controller: name };
    const times: Times = { readyAt: new Map(), begunAt: new Map() };
    queues.set(name, times);
    /** Seconds since the time that `from` has for a key, which it then forgets. */
    const since = (from: Map<string, number>, key: string): number => {
      const seconds = (now() - (from.get(key) ?? now())) / 1_000;
      from.delete(key);
      return seconds;
    };
    return {
      onAdd: () => adds.inc(labels),
      onReady: (key) => void times.readyAt.set(key, now()),
      onBegin(key) {
        waits.observe(labels, since(times.readyAt, key));
        times.begunAt.set(key, now());
      },
      onDone: (key) => works.observe(labels, since(times.begunAt, key)),
      onRetry: () => retries.inc(labels),
    };
  };
}
