import type { Logger } from 'pino';
import type { Identity } from '../core/access/identity.ts';
import { formatRef } from '../core/api/object-ref.ts';
import type { ClientFacts, Emit, GatewayEvent, KeyFacts, SessionFacts, SessionTarget } from './events.ts';

/**
 * Writes events to the log, and to the audit log one line for each session and each refusal (docs/audit-log.md).
 * Messages are constant; what strangers sent stands in fields of its own.
 */
export function createEventLog(logger: Logger, audit: Logger, clock: () => number): Emit {
  const mayLogRefusedConnection = createRateLimit(clock);
  return (event) => {
    switch (event.type) {
      case 'AcceptFailed':
        return logger.error({ detail: event.detail }, 'cannot accept connections');
      case 'ConnectionRefused':
        if (mayLogRefusedConnection())
          audit.warn({ address: event.address, reason: event.reason }, 'connection refused');
        return;
      case 'KeyRefused':
        // All else is what agents with many keys do at every login, and is told if the login fails.
        if (event.key.refusal === 'BadSignature')
          audit.warn({ ...clientFields(event.client), ...event.key }, 'signature refused');
        return;
      case 'LoginFailed':
        return logLoginFailed(logger, audit, event);
      case 'LoggedIn': {
        const { client, key, identities, algorithms, seconds } = event;
        const who = identities.map(nameOf);
        return logger.info({ ...clientFields(client), ...keyFields(key), who, ...algorithms, seconds }, 'logged in');
      }
      case 'LoginEnded':
        return logger.info(
          { ...clientFields(event.client), reason: event.reason, detail: event.detail },
          'login ended',
        );
      case 'Greeted':
        return audit.info({ ...sessionFields(event.session), who: event.identities.map(nameOf) }, 'greeted');
      case 'SessionRefused': {
        const { session, reason, path, identity, rule } = event;
        const who = identity && nameOf(identity);
        return audit.warn({ ...sessionFields(session), who, path, decision: 'deny', reason, rule }, 'session refused');
      }
      case 'SessionStarted':
        return logger.debug(
          { ...sessionFields(event.session), ...targetFields(event.target), seconds: event.seconds },
          'session started',
        );
      case 'SessionEnded': {
        const { session, target, type: _, ...outcome } = event;
        const level = event.outcome === 'Fault' ? 'error' : 'info';
        return audit[level](
          { ...sessionFields(session), ...targetFields(target), decision: 'allow', ...outcome },
          'session ended',
        );
      }
    }
  };
}

/** A connection that said nothing, such as a load balancer's check, is nobody's refusal. */
function logLoginFailed(logger: Logger, audit: Logger, event: GatewayEvent & { type: 'LoginFailed' }): void {
  const { client, reason, offered, detail } = event;
  const fields = { ...clientFields(client), reason, detail, offered };
  if (offered.length === 0 && reason === 'ClientLeft') logger.debug(fields, 'connection left');
  else audit.warn(fields, 'login failed');
}

const clientFields = ({ connectionId, address, clientVersion }: ClientFacts): ClientFacts => ({
  connectionId,
  address,
  clientVersion,
});

const keyFields = ({ loginName, fingerprint }: KeyFacts): KeyFacts => ({ loginName, fingerprint });

const sessionFields = (session: SessionFacts): SessionFacts => session;

const targetFields = ({ identity, repository, verb, rule }: SessionTarget) => ({
  who: nameOf(identity),
  key: identity.key && formatRef(identity.key),
  repository: formatRef(repository),
  path: repository.path,
  uid: repository.uid,
  verb,
  rule,
});

const nameOf = (identity: Identity): string =>
  identity.kind === 'User' ? `GitUser ${formatRef(identity.user)}` : `SSHKey ${formatRef(identity.key)}`;

const linesPerSecond = 10;

/** Refused connections come in floods, and the log must not become one; the counter counts them all. */
function createRateLimit(clock: () => number): () => boolean {
  let second = 0;
  let lines = 0;
  return () => {
    const now = Math.floor(clock() / 1_000);
    if (now !== second) [second, lines] = [now, 0];
    return ++lines <= linesPerSecond;
  };
}
