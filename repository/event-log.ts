import type { Logger } from 'pino';
import type { EventSink, RepositoryServerEvent } from './events.ts';

/** Writes what the repository server tells as log lines with constant messages; durations to the millisecond. */
export const createEventLog =
  (log: Logger): EventSink =>
  (exact) => {
    const event = roundSeconds(exact);
    const { type: _, ...fields } = event;
    switch (event.type) {
      case 'Listening':
        return log.info(fields, 'repository server listens');
      case 'LeftoversEnded':
        return log.warn(fields, 'git processes of an earlier server were ended');
      case 'ConnectionRefused':
        return log.warn(fields, 'connection refused');
      case 'LinkOpened':
        return log.info(fields, 'gateway connected');
      case 'LinkEnded':
        return log.info(fields, 'gateway disconnected');
      case 'LinkKeysChanged':
        return log.info(fields, 'link keys changed');
      case 'LinkKeysNotRead':
        return log.error({ err: event.cause }, 'link keys cannot be read: those of before stay in use');
      case 'TicketRefused':
        return log.warn(fields, 'ticket refused');
      case 'RepositoryCreated':
        return log.info(fields, 'repository created');
      case 'StaleFilesRemoved':
        return log.warn(fields, 'files of an interrupted git were removed');
      case 'QueueChanged':
        return;
      case 'GitSpawned':
        return log.debug(fields, 'git started');
      case 'PushJudged': {
        const { cause, type: _, ...rest } = event;
        if (event.problem === 'Fault') return log.error({ ...rest, err: cause }, 'push could not be judged');
        return log.info(rest, 'push judged');
      }
      case 'PushSettled':
        return log.info(fields, 'push settled');
      case 'LandingUnknown':
        return log.error({ correlationId: event.correlationId, err: event.cause }, 'what landed is not known');
      case 'SessionEnded': {
        const { cause, type: _, ...rest } = event;
        if (event.outcome === 'ServerFault') return log.error({ ...rest, err: cause }, 'session failed');
        return log.info(rest, 'git ended');
      }
      case 'Draining':
        return log.info('no new sessions; waiting for those that run');
      default:
        return event satisfies never;
    }
  };

/** For people; metrics keep the exact value. */
const roundSeconds = (event: RepositoryServerEvent): RepositoryServerEvent =>
  'seconds' in event ? { ...event, seconds: Math.round(event.seconds * 1_000) / 1_000 } : event;
