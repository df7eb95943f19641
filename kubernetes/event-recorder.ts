import type { Logger } from 'pino';
import { Counter, type Registry } from 'prom-client';
import { metricPrefix } from '../runtime/metrics.ts';
import type { ApiClient } from './api-client.ts';
import { isNotFound } from './api-error.ts';
import { createEventSeries, type EventSeries } from './event-series.ts';
import { formatMicroTime } from './lease-record.ts';
import { cutNote, keyOfEvent, type RecordedEvent } from './recorded-event.ts';
import type { ResourceType } from './resource-type.ts';
import { createWorkQueue } from './work-queue.ts';

export type EventRecorder = {
  /** Never waits, never throws. The same event again is counted, and written as one series. */
  record(event: RecordedEvent): void;
  /** Waits for what is being written; what still waits is not written. Repeatable. */
  close(): Promise<void>;
};

type EventRecorderOptions = {
  readonly client: ApiClient;
  /** Such as `gitingress.dev/operator`. */
  readonly controller: string;
  /** Such as the pod's name. */
  readonly instance: string;
  readonly log: Logger;
  readonly registry: Registry;
};

/**
 * Not the Event of core/v1: this group's has series of its own, and RBAC can grant it alone. `kubectl describe` and
 * `kubectl get events` show it all the same.
 */
const eventType: ResourceType = {
  ...{ group: 'events.k8s.io', version: 'v1', plural: 'events', kind: 'Event', namespaced: true },
};

/** In all; what comes faster waits in the queue. */
const rateLimit = { perSecond: 10, burst: 50 };
/** A series is written again at most once in so long. */
const seriesPauseMs = 10_000;

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, controller, instance, log, registry } = options;
  const dropped = new Counter({
    name: `${metricPrefix}events_dropped_total`,
    help: 'Events that were not written: too many for one object, too many in all, or refused by the API server.',
    labelNames: ['reason'],
    registers: [registry],
  });
  const series = createEventSeries();
  const queue = createWorkQueue({ rateLimit, maxLength: 1_000 });
  const writing = { fieldManager: controller, deadlineMs: 5_000 };

  function record(event: RecordedEvent): void {
    const key = keyOfEvent(event);
    const found = series.count(key, event, Date.now());
    if (found === undefined) {
      dropped.inc({ reason: 'object_limit' });
      return;
    }
    const pause = found.writtenCount > 1 ? { afterMs: seriesPauseMs } : {};
    if (!queue.add(key, pause)) dropped.inc({ reason: 'queue_full' });
  }

  async function write(entry: EventSeries): Promise<void> {
    const { event, count, name } = entry;
    const lastObservedTime = formatMicroTime(entry.lastAt);
    const { namespace } = event.regarding;
    if (entry.writtenCount > 0) {
      const patch = { series: { count, lastObservedTime } };
      try {
        await client.mergePatch(eventType, { namespace, name }, patch, writing);
        entry.writtenCount = count;
        return;
      } catch (error) {
        // Events live for an hour on the server: this is a new one.
        if (!isNotFound(error)) throw error;
      }
    }
    await client.create(
      eventType,
      {
        metadata: { namespace, name },
        ...{ regarding: event.regarding, type: event.type, reason: event.reason, action: event.action },
        ...{ note: cutNote(event.note), eventTime: formatMicroTime(entry.firstAt) },
        ...{ reportingController: controller, reportingInstance: instance },
        // A series has at least two.
        ...(count > 1 && { series: { count, lastObservedTime } }),
      },
      writing,
    );
    entry.writtenCount = count;
  }

  async function work(): Promise<void> {
    for (let item = await queue.next(); item !== undefined; item = await queue.next()) {
      const entry = series.get(item.key);
      try {
        if (entry !== undefined && entry.count > entry.writtenCount) await write(entry);
      } catch (error) {
        dropped.inc({ reason: 'not_written' });
        log.warn({ err: error, reason: entry?.event.reason }, 'an event could not be written');
      } finally {
        item.done();
      }
    }
  }
  const working = work();

  return {
    record,
    async close() {
      await queue.shutDown();
      await working;
    },
  };
}
