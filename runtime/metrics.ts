import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { LogSink } from './log-sink.ts';

/** All of our own metrics begin with this; those of Node and of the process keep the names that dashboards know. */
export const metricPrefix = 'git_ingress_';

/** A registry with the metrics of the process (CPU, memory, event-loop delay, file descriptors) in it. */
export function createMetrics(build: { readonly component: string; readonly version: string }): Registry {
  const registry = new Registry();
  // The histogram behind nodejs_eventloop_lag_* wakes the process at this interval.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });
  new Gauge({
    name: `${metricPrefix}build_info`,
    help: 'Always 1; the labels tell what is running.',
    labelNames: ['component', 'version'],
    registers: [registry],
  }).set({ ...build }, 1);
  return registry;
}

/** Counts the log lines that were lost. `component` (`repository_`) keeps apart the names of two processes on one page. */
export function registerLogMetrics(registry: Registry, sink: LogSink, component = ''): void {
  new Counter({
    name: `${metricPrefix}${component}log_lines_dropped_total`,
    help: 'Log lines thrown away because the reader of the log was gone or too slow.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(sink.dropped);
    },
  });
}
