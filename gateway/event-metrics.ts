import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { metricPrefix } from '../runtime/metrics.ts';
import type { Emit } from './events.ts';
import type { Gateway } from './gateway.ts';
import type { AccessIndexSource } from './ports.ts';
import { isOurFault } from './ssh/fault.ts';

const loginBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const sessionBuckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3_600, 14_400, 43_200];

const ourFaults = Object.entries(isOurFault)
  .flatMap(([code, isOurs]) => (isOurs ? [code] : []))
  .join(' and ');

/** Counts events. No label has values that a client can choose. */
export function createEventMetrics(registry: Registry): Emit {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> =>
    new Counter({ name: `${metricPrefix}${name}`, help, labelNames: [...labelNames], registers });
  const histogram = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    buckets: number[],
  ): Histogram<Label> =>
    new Histogram({ name: `${metricPrefix}${name}`, help, labelNames: [...labelNames], buckets, registers });

  const connectionsRefused = counter(
    'connections_refused_total',
    'Connections closed before a word was said, by limit.',
    ['reason'],
  );
  const acceptFailures = counter('accept_failures_total', 'Times that a connection could not be accepted.', []);
  const keysRefused = counter('keys_refused_total', 'Keys that clients offered and that were not taken, by reason.', [
    'reason',
  ]);
  const logins = counter('logins_total', 'Connections on which somebody logged in.', []);
  const loginFailures = counter('login_failures_total', 'Connections that ended without a login, by reason.', [
    'reason',
  ]);
  const loginSeconds = histogram('login_duration_seconds', "Time from TCP's accept to the login.", [], loginBuckets);
  const connectionFaults = counter(
    'connection_faults_total',
    `Connections with a login that did not end in good order, by code; ${ourFaults} are our fault.`,
    ['code'],
  );
  const loginsEnded = counter('logins_ended_total', 'Logins that the gateway ended, by reason.', ['reason']);
  const checksFailed = counter(
    'live_checks_failed_total',
    'Live logins and sessions that were ended because they could not be checked against the index.',
    [],
  );
  const greetings = counter('greetings_total', 'Sessions without a command, which were greeted.', []);
  const refusals = counter('session_refusals_total', 'Commands that were not run, by reason.', ['reason']);
  const sessions = counter('sessions_total', 'Sessions that ended, by verb and outcome.', ['verb', 'outcome']);
  const startSeconds = histogram(
    'session_start_duration_seconds',
    'Time from the command to a running git.',
    ['verb'],
    loginBuckets,
  );
  const sessionSeconds = histogram(
    'session_duration_seconds',
    'Time from the command to the exit status.',
    ['verb'],
    sessionBuckets,
  );
  const bytes = counter('session_bytes_total', 'Payload bytes, from clients (in) and to them (out).', [
    'verb',
    'direction',
  ]);
  const refUpdates = counter('ref_updates_total', 'Refs that pushes asked to change, by action and verdict.', [
    'action',
    'verdict',
  ]);

  return (event) => {
    switch (event.type) {
      case 'AcceptFailed':
        return acceptFailures.inc();
      case 'ConnectionRefused':
        return connectionsRefused.inc({ reason: event.reason });
      case 'KeyRefused':
        return keysRefused.inc({ reason: event.refusal });
      case 'LoginFailed':
        return loginFailures.inc({ reason: event.reason });
      case 'LoggedIn':
        logins.inc();
        return loginSeconds.observe(event.seconds);
      case 'ConnectionBroken':
        return connectionFaults.inc({ code: event.code });
      case 'LoggedOut':
        return;
      case 'LoginEnded':
        return loginsEnded.inc({ reason: event.reason });
      case 'CheckFailed':
        return checksFailed.inc();
      case 'Greeted':
        return greetings.inc();
      case 'SessionRefused':
        return refusals.inc({ reason: event.reason });
      case 'SessionStarted':
        return startSeconds.observe({ verb: event.target.verb }, event.seconds);
      case 'RefsChanged':
        return;
      case 'SessionEnded': {
        const { verb } = event.target;
        sessions.inc({ verb, outcome: event.outcome });
        sessionSeconds.observe({ verb }, event.seconds);
        bytes.inc({ verb, direction: 'in' }, event.bytesIn);
        bytes.inc({ verb, direction: 'out' }, event.bytesOut);
        for (const { action, verdict, refs } of event.push?.counts ?? []) refUpdates.inc({ action, verdict }, refs);
      }
    }
  };
}

/** What is asked at each scrape instead of counted. */
export function registerGatewayGauges(registry: Registry, gateway: Gateway, source: AccessIndexSource): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name: `${metricPrefix}${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  gauge('connections', 'Open connections.', () => gateway.counts.connections);
  gauge('connections_pending', 'Open connections that have not logged in.', () => gateway.counts.pending);
  gauge('sessions', 'Sessions that run.', () => gateway.counts.sessions);
  gauge('index_revision', 'Revision of the access index in use; 0: none.', () => source.current?.revision ?? 0);
  gauge('index_age_seconds', 'Time since the index was last known to be up to date.', () => source.ageSeconds());
}
