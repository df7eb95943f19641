import type { Logger } from 'pino';
import { formatIdentity } from '../core/access/identity.ts';
import { formatRef } from '../core/api/object-ref.ts';
import type { KeyOwner } from '../core/index/candidates.ts';
import type { Clock } from './clock.ts';
import type { Emit, GatewayEvent, OfferedKey, SessionTarget } from './events.ts';

/**
 * Writes events to the log, and to the audit log one line for each session and each refusal (docs/audit-log.md).
 * Messages are constant; what strangers sent stands in fields of its own.
 */
export function createEventLog(logger: Logger, audit: Logger, clock: Clock): Emit {
  const mayLogRefusedConnection = createRateLimit(clock);
  return (event) => {
    switch (event.type) {
      case 'AcceptFailed':
        return logger.error({ detail: event.detail }, 'cannot accept connections');
      case 'ConnectionRefused': {
        const { address, reason } = event;
        return mayLogRefusedConnection() ? audit.warn({ address, reason }, 'connection refused') : undefined;
      }
      case 'KeyRefused':
        // All else is what agents with many keys do at every login, and is told if the login fails.
        return event.refusal === 'BadSignature'
          ? audit.warn({ ...event.client, ...offeredFields(event.key) }, 'signature refused')
          : undefined;
      case 'LoginFailed':
        return logLoginFailed(logger, audit, event);
      case 'ConnectionBroken': {
        const { client, key, code, detail, cause } = event;
        const fields = { ...client, ...key, code, detail };
        return isOurs(code)
          ? logger.error({ ...fields, err: cause }, brokenMessage)
          : logger.info(fields, brokenMessage);
      }
      case 'LoggedIn': {
        const { client, key, identities, algorithms, seconds } = event;
        const who = identities.map(formatIdentity);
        return logger.info({ ...client, ...key, who, ...algorithms, seconds }, 'logged in');
      }
      case 'LoggedOut': {
        const { client, identities, sessions, seconds } = event;
        return logger.info({ ...client, who: identities.map(formatIdentity), sessions, seconds }, 'logged out');
      }
      case 'LoginEnded':
        return logger.info({ ...event.client, reason: event.reason, detail: event.detail }, 'login ended');
      case 'Greeted': {
        const who = event.identities.map(formatIdentity);
        return audit.info({ ...event.session, who, decision: 'allow' }, 'greeted');
      }
      case 'SessionRefused': {
        const { session, reason, path, identity, rule } = event;
        const actor = identity && { who: formatIdentity(identity), key: identity.key && formatRef(identity.key) };
        return audit.warn({ ...session, ...actor, path, decision: 'deny', reason, rule }, 'session refused');
      }
      case 'SessionStarted': {
        const { session, target, seconds } = event;
        // Not an audit line: each session has one, its last, which says all. This one outlives a gateway that is killed.
        return logger.info({ ...session, ...targetFields(target), seconds }, 'session started');
      }
      case 'SessionEnded': {
        const { session, target, type: _, cause, ...ended } = event;
        const fields = { ...session, ...targetFields(target), decision: 'allow', ...ended };
        return event.outcome === 'Fault'
          ? audit.error({ ...fields, err: cause }, 'session ended')
          : audit.info(fields, 'session ended');
      }
    }
    event satisfies never;
  };
}

const brokenMessage = 'connection broken';

/** Whether a fault of a connection is the server's own, and not the client's or the network's. */
const isOurs = (code: string): boolean => !clientFaults.has(code);

const clientFaults: ReadonlySet<string> = new Set([
  'SSH_PROTOCOL_ERROR',
  'SSH_CONNECTION_LOST',
  'SSH_KEY_EXCHANGE_FAILED',
  'SSH_LIMIT_EXCEEDED',
  'SSH_TOO_MANY_ATTEMPTS',
  'SSH_KEEPALIVE_TIMEOUT',
]);

/**
 * An audit line is for whoever was turned away. The internet's scanners offer no key and then leave, give up the key
 * exchange or talk nonsense: one line for each of them would bury those who wanted in. The counter has them all.
 */
function logLoginFailed(logger: Logger, audit: Logger, event: GatewayEvent & { type: 'LoginFailed' }): void {
  const { client, reason, loginName, offered, detail, cause } = event;
  const fields = { ...client, loginName, reason, detail, offered: offered.map(offeredFields) };
  if (reason === 'ServerFault') audit.error({ ...fields, err: cause }, 'login failed');
  else if (offered.length > 0 || reason === 'TooManyAttempts') audit.warn(fields, 'login failed');
  else logger.debug(fields, 'no key was offered');
}

/** Names are told of keys that are known, which spares the reader the search for a fingerprint. */
const offeredFields = ({ owners, ...offered }: OfferedKey) => ({
  ...offered,
  ...(owners.length > 0 && { key: owners.map(({ key }) => formatRef(key)), who: owners.map(formatOwner) }),
});

/** As `formatIdentity` does. */
const formatOwner = ({ key, user }: KeyOwner): string =>
  user === undefined ? `SSHKey ${formatRef(key)}` : `GitUser ${formatRef(user)}`;

const targetFields = ({ identity, repository, verb, rule }: SessionTarget) => ({
  who: formatIdentity(identity),
  key: identity.key && formatRef(identity.key),
  repository: formatRef(repository),
  path: repository.path,
  uid: repository.uid,
  verb,
  rule,
});

const linesPerSecond = 10;

/** Refused connections come in floods, and the log must not become one; the counter counts them all. */
function createRateLimit(clock: Clock): () => boolean {
  let second = 0;
  let lines = 0;
  return () => {
    const now = Math.floor(clock.steady() / 1_000);
    if (now !== second) [second, lines] = [now, 0];
    return ++lines <= linesPerSecond;
  };
}
