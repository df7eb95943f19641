import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Tells of requests to the API server under the names of client-go. */
export type ClientMetrics = {
  /** `code` is the HTTP status, or `<error>` where there was no answer; `seconds` is the time to the headers. */
  onAttempt(attempt: { readonly method: string; readonly host: string; readonly code: string; seconds: number }): void;
  onRetry(attempt: { readonly method: string; readonly host: string; readonly code: string }): void;
};

const requestBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

export function createClientMetrics(registry: Registry): ClientMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'Number of HTTP requests, partitioned by status code, method, and host.',
    labelNames: ['code', 'method', 'host'],
    registers,
  });
  const retries = new Counter({
    name: 'rest_client_request_retries_total',
    help: 'Number of request retries, partitioned by status code, verb, and host.',
    labelNames: ['code', 'verb', 'host'],
    registers,
  });
  const durations = new Histogram({
    name: 'rest_client_request_duration_seconds',
    help: 'Request latency in seconds. Broken down by verb, and host.',
    labelNames: ['verb', 'host'],
    buckets: requestBuckets,
    registers,
  });
  return {
    onAttempt({ method, host, code, seconds }) {
      requests.inc({ code, method, host });
      durations.observe({ verb: method, host }, seconds);
    },
    onRetry: ({ method, host, code }) => retries.inc({ code, verb: method, host }),
  };
}

/** `leader_election_master_status`: 1 while we lead. */
export function createLeaderMetric(registry: Registry): (name: string, isLeader: () => boolean) => void {
  const elections = new Map<string, () => boolean>();
  new Gauge({
    name: 'leader_election_master_status',
    help: 'Whether this process leads: 1, or stands by: 0. `name` is the Lease.',
    labelNames: ['name'],
    registers: [registry],
    collect() {
      for (const [name, isLeader] of elections) this.set({ name }, isLeader() ? 1 : 0);
    },
  });
  return (name, isLeader) => void elections.set(name, isLeader);
}
