import type { Logger } from 'pino';
import { formatIdentity, formatOwner } from '../core/access/identity.ts';
import { formatRef } from '../core/api/object-ref.ts';
import type { Clock } from './clock.ts';
import type { Emit, GatewayEvent, OfferedKey, SessionTarget } from './events.ts';
import { createLineLimit, type LineLimit } from './line-limit.ts';
import { isOurFault } from './ssh/fault.ts';

/**
 * Writes events to the log, and to the audit log one line for each session and each refusal (docs/audit-log.md).
 * Messages are constant; what strangers sent stands in fields of its own.
 */
export function createEventLog(logger: Logger, audit: Logger, clock: Clock): Emit {
  const limits = {
    connectionRefused: createLineLimit(clock, { max: 100, maxPerOrigin: 20 }),
    signatureRefused: createLineLimit(clock, { max: 200, maxPerOrigin: 50 }),
    unknownKeys: createLineLimit(clock, { max: 200, maxPerOrigin: 20 }),
    // Public keys are public: that one is known says nothing of who offers it. But its owner may ask why it is refused.
    knownKeys: createLineLimit(clock, { max: 500, maxPerOrigin: 100 }),
  };
  return (event) => {
    switch (event.type) {
      case 'AcceptFailed':
        return logger.error({ detail: event.detail }, 'cannot accept connections');
      case 'ConnectionRefused': {
        const { address, reason } = event;
        const room = roomFor(limits.connectionRefused, address);
        return room && audit.warn({ address, reason, ...room }, 'connection refused');
      }
      case 'KeyRefused': {
        // All else is what agents with many keys do at every login, and is told if the login fails.
        if (event.refusal !== 'BadSignature') return;
        const { client, loginName, key } = event;
        const room = roomFor(limits.signatureRefused, client.address);
        return room && audit.warn({ ...client, loginName, ...offeredFields(key), ...room }, 'signature refused');
      }
      case 'LoginFailed':
        return logLoginFailed(logger, audit, isKeyKnown(event) ? limits.knownKeys : limits.unknownKeys, event);
      case 'ConnectionBroken': {
        const { client, key, code, detail, cause } = event;
        const fields = { ...client, ...key, code, detail };
        return isOurFault[code]
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
      case 'CheckFailed':
        return logger.error({ err: event.cause }, 'a live login or session could not be checked: it ends');
      case 'Greeted': {
        const who = event.identities.map(formatIdentity);
        return audit.info({ ...event.session, who, decision: 'allow' }, 'greeted');
      }
      case 'SessionRefused': {
        const { session, reason, path, identity, rule, cause } = event;
        const actor = identity && { who: formatIdentity(identity), key: identity.key && formatRef(identity.key) };
        const fields = { ...session, ...actor, path, decision: 'deny', reason, rule };
        return reason === 'Fault'
          ? audit.error({ ...fields, err: cause }, 'session refused')
          : audit.warn(fields, 'session refused');
      }
      case 'SessionStarted': {
        const { session, target, seconds } = event;
        // Not an audit line: each session has one, its last, which says all. This one outlives a gateway that is killed.
        return logger.info({ ...session, ...targetFields(target), seconds }, 'session started');
      }
      case 'RefsChanged': {
        const { session, target, refs } = event;
        return audit.info({ ...session, ...targetFields(target), decision: 'allow', push: { refs } }, 'refs changed');
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

/**
 * An audit line is for whoever was turned away. The internet's scanners offer no key and then leave, give up the key
 * exchange or talk nonsense: one line for each of them would bury those who wanted in. The counter has them all.
 */
function logLoginFailed(
  logger: Logger,
  audit: Logger,
  limit: LineLimit,
  event: GatewayEvent & { type: 'LoginFailed' },
): void {
  const { client, reason, loginName, offered, detail, cause } = event;
  const { keys, unlisted } = offered;
  const list = { offered: keys.map(offeredFields), ...(unlisted > 0 && { unlisted }) };
  const fields = { ...client, loginName, reason, detail, ...list };
  if (reason === 'ServerFault') audit.error({ ...fields, err: cause }, 'login failed');
  else if (keys.length === 0 && reason !== 'TooManyAttempts') logger.debug(fields, 'no key was offered');
  else {
    const room = roomFor(limit, client.address);
    if (room !== undefined) audit.warn({ ...fields, ...room }, 'login failed');
  }
}

/** Undefined: there is none. Otherwise the field that tells how many such lines were left out before this one. */
function roomFor(limit: LineLimit, address: string): { readonly leftOut?: number } | undefined {
  const leftOut = limit.admit(address);
  if (leftOut === undefined) return undefined;
  return leftOut === 0 ? {} : { leftOut };
}

const isKeyKnown = ({ offered }: GatewayEvent & { type: 'LoginFailed' }): boolean =>
  offered.keys.some(({ owners }) => owners.length > 0);

/** Names are told of keys that are known, which spares the reader the search for a fingerprint. */
const offeredFields = ({ owners, algorithm, fingerprint, outcome }: OfferedKey) => ({
  fingerprint,
  outcome,
  ...(owners.length > 0 && {
    algorithm,
    key: owners.map(({ key }) => formatRef(key)),
    who: owners.map(formatOwner),
  }),
});

const targetFields = ({ identity, repository, verb, rule }: SessionTarget) => ({
  who: formatIdentity(identity),
  key: identity.key && formatRef(identity.key),
  repository: formatRef(repository),
  path: repository.path,
  uid: repository.uid,
  verb,
  rule,
});
