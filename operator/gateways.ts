import type { Logger } from 'pino';
import { Gauge, type Registry } from 'prom-client';
import { gatewayReportSpec } from '../core/api/gateway-report.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import { parseKey, type StoredObject } from '../kubernetes/kubernetes-object.ts';
import { type Reflector, startReflector } from '../kubernetes/reflector.ts';
import { createStore } from '../kubernetes/store.ts';
import { metricPrefix } from '../runtime/metrics.ts';
import { reportType } from './resource-types.ts';

/** The gateways that are alive, by their reports. */
export type Gateways = {
  readonly alive: number;
  /**
   * The revision of that epoch that each of them has loaded, or a later one; 0 while one of them serves from another
   * epoch, whose revisions are of another count after a disaster. Undefined if none is alive.
   */
  loadedOf(epoch: number | undefined): number | undefined;
  /** Calls back when what was loaded, or `alive`, may be another. */
  subscribe(listener: () => void): void;
  /** Removes the reports of gateways that have been gone for long. */
  sweep(): Promise<void>;
  readonly closed: Promise<void>;
};

/** Undefined: unreadable, which counts as not alive. */
type Report = { readonly epoch: number; readonly revision: number } | undefined;

/**
 * A gateway reports every 2 s. It is alive for so long after we saw it report, by our own clock: theirs may be any.
 */
const aliveMs = 6_000;
const defaultSweepAfterMs = 600_000;
const lookIntervalMs = 1_000;

export function followGateways(options: {
  readonly client: ApiClient;
  readonly namespace: string;
  readonly log: Logger;
  readonly registry: Registry;
  readonly signal: AbortSignal;
  /** How long a gateway must have been silent for its report to be removed, in milliseconds. */
  readonly sweepAfterMs?: number;
}): Gateways {
  const { client, namespace, log, signal, sweepAfterMs = defaultSweepAfterMs } = options;
  const store = createStore<Report>({ log });
  const seenAt = new Map<string, number>();
  const listeners: (() => void)[] = [];
  const reflector: Reflector = startReflector<Report>({
    ...{ client, namespace, log, signal, sink: store },
    type: reportType,
    transform: readReport,
  });

  const silentFor = (key: string): number => performance.now() - (seenAt.get(key) ?? Number.NEGATIVE_INFINITY);
  const alive = (): readonly NonNullable<Report>[] =>
    [...store.values()].flatMap(({ key, value }) => (value !== undefined && silentFor(key) < aliveMs ? [value] : []));
  const tell = (): void => {
    for (const listener of listeners) listener();
  };

  store.subscribe((changes) => {
    for (const { key, type } of changes) {
      if (type === 'Removed') seenAt.delete(key);
      else seenAt.set(key, performance.now());
    }
    tell();
  });

  // One that dies says nothing.
  let count = 0;
  const timer = setInterval(() => {
    const now = alive().length;
    if (now !== count) tell();
    count = now;
  }, lookIntervalMs);
  timer.unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });

  new Gauge({
    name: `${metricPrefix}gateways_alive`,
    help: 'Gateways that have reported within the last seconds.',
    registers: [options.registry],
    collect() {
      this.set(alive().length);
    },
  });

  return {
    get alive() {
      return alive().length;
    },
    loadedOf(wanted) {
      const revisions = alive().map(({ epoch, revision }) => (epoch === wanted ? revision : 0));
      return revisions.length === 0 ? undefined : Math.min(...revisions);
    },
    subscribe: (listener) => void listeners.push(listener),
    async sweep() {
      for (const { key, uid } of store.values()) {
        if (silentFor(key) < sweepAfterMs) continue;
        const { name } = parseKey(key);
        await client.remove(reportType, { namespace, name }, { uid, signal });
      }
    },
    closed: reflector.closed,
  };
}

function readReport({ spec }: StoredObject): Report {
  const parsed = gatewayReportSpec.safeParse(spec);
  if (!parsed.success) return undefined;
  const { epoch, revision } = parsed.data;
  return { epoch, revision };
}
