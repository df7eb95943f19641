import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { metricPrefix } from '../runtime/metrics.ts';
import type { EventSink } from './events.ts';

/** Counts what the repository server tells. Labels take values from closed sets only. */
export function createEventMetrics(registry: Registry): EventSink {
  const registers = [registry];
  const sessions = new Counter({
    name: `${metricPrefix}repository_sessions_total`,
    help: 'Sessions that ended, by what git ran and how it ended.',
    labelNames: ['verb', 'outcome'] as const,
    registers,
  });
  const sessionSeconds = new Histogram({
    name: `${metricPrefix}repository_session_duration_seconds`,
    help: 'From the ticket to the end of git.',
    labelNames: ['verb'] as const,
    buckets: [0.01, 0.05, 0.25, 1, 5, 30, 120, 600, 3600],
    registers,
  });
  const spawnSeconds = new Histogram({
    name: `${metricPrefix}repository_spawn_seconds`,
    help: 'Time that starting git held the event loop.',
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25],
    registers,
  });
  const queued = new Gauge({
    name: `${metricPrefix}repository_sessions_queued`,
    help: 'Sessions that wait for others to end.',
    registers,
  });
  const running = new Gauge({
    name: `${metricPrefix}repository_processes`,
    help: 'Sessions whose git runs.',
    registers,
  });
  const pushes = new Counter({
    name: `${metricPrefix}repository_pushes_total`,
    help: 'Pushes that were judged, by verdict.',
    labelNames: ['verdict'] as const,
    registers,
  });
  const tickets = new Counter({
    name: `${metricPrefix}repository_tickets_refused_total`,
    help: 'Tickets that did not verify, by what was wrong.',
    labelNames: ['problem'] as const,
    registers,
  });
  const connections = new Counter({
    name: `${metricPrefix}repository_connections_refused_total`,
    help: 'Connections that were closed before they became anything.',
    labelNames: ['reason'] as const,
    registers,
  });
  const links = new Gauge({
    name: `${metricPrefix}repository_links`,
    help: 'Control connections of gateways.',
    registers,
  });

  return (event) => {
    switch (event.type) {
      case 'SessionEnded':
        sessions.inc({ verb: event.verb, outcome: event.outcome });
        return sessionSeconds.observe({ verb: event.verb }, event.seconds);
      case 'GitSpawned':
        return spawnSeconds.observe(event.seconds);
      case 'QueueChanged':
        queued.set(event.queued);
        return running.set(event.running);
      case 'PushJudged':
        return pushes.inc({ verdict: event.problem ?? (event.accepted ? 'Accepted' : 'Refused') });
      case 'TicketRefused':
        return tickets.inc({ problem: event.problem });
      case 'ConnectionRefused':
        return connections.inc({ reason: event.reason });
      case 'LinkOpened':
        return links.inc();
      case 'LinkEnded':
        return links.dec();
      default:
        return;
    }
  };
}
