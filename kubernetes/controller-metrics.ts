import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

type Outcome = 'success' | 'requeue_after' | 'error' | 'terminal_error';

/** Told of the calls of one controller's reconcile function. */
type ReconcileObserver = { begin(): { end(outcome: Outcome): void } };

/** Makes an observer for each controller of a process. */
export type ControllerMetrics = (controller: string, workers: number) => ReconcileObserver;

const buckets = [
  ...[0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5],
  ...[1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60],
];
const labelNames = ['controller'];

/** The metrics of controller-runtime, under its names. */
export function createControllerMetrics(registry: Registry): ControllerMetrics {
  const registers = [registry];
  const prefix = 'controller_runtime_';
  const reconciles = new Counter({
    name: `${prefix}reconcile_total`,
    help: 'Total number of reconciliations per controller',
    ...{ labelNames: ['controller', 'result'], registers },
  });
  const errors = new Counter({
    name: `${prefix}reconcile_errors_total`,
    help: 'Total number of reconciliation errors per controller',
    ...{ labelNames, registers },
  });
  const terminalErrors = new Counter({
    name: `${prefix}terminal_reconcile_errors_total`,
    help: 'Total number of terminal reconciliation errors per controller',
    ...{ labelNames, registers },
  });
  const times = new Histogram({
    name: `${prefix}reconcile_time_seconds`,
    help: 'Length of time per reconciliation per controller',
    ...{ labelNames, buckets, registers },
  });
  const active = new Gauge({
    name: `${prefix}active_workers`,
    help: 'Number of currently used workers per controller',
    ...{ labelNames, registers },
  });
  const maximum = new Gauge({
    name: `${prefix}max_concurrent_reconciles`,
    help: 'Maximum number of concurrent reconciles per controller',
    ...{ labelNames, registers },
  });

  return (controller, workers) => {
    const labels = { controller };
    maximum.set(labels, workers);
    active.set(labels, 0);
    // From the first scrape on, so that a rate can be taken of the first error.
    for (const result of ['success', 'requeue_after', 'requeue', 'error']) reconciles.inc({ controller, result }, 0);
    errors.inc(labels, 0);
    terminalErrors.inc(labels, 0);
    return {
      begin() {
        active.inc(labels);
        const endTimer = times.startTimer(labels);
        return {
          end(outcome) {
            active.dec(labels);
            endTimer();
            const isError = outcome === 'error' || outcome === 'terminal_error';
            reconciles.inc({ controller, result: isError ? 'error' : outcome });
            if (isError) errors.inc(labels);
            if (outcome === 'terminal_error') terminalErrors.inc(labels);
          },
        };
      },
    };
  };
}
