import type { Identity } from '../core/access/identity.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { Arrival } from './arrival.ts';
import type { Authentication, VerifiedKey } from './authentication.ts';
import { secondsSince } from './clock.ts';
import type { ClientFacts, LoginFailure } from './events.ts';
import { loginFailureOf } from './login-failure.ts';
import { createOfferedKeys } from './offered-keys.ts';
import { printable } from './printable.ts';
import { whyLoginRevoked } from './revocation.ts';
import { runSession, type SessionContext } from './session.ts';
import type { SshConnection } from './ssh/connection.ts';
import type { UserConnections } from './user-connections.ts';
import { createWatchedLogin } from './watched-login.ts';

export type ConnectionContext = SessionContext & {
  readonly authentication: Authentication;
  readonly userConnections: UserConnections;
  /** Milliseconds that a connection may stay without a session. 0: for ever. */
  readonly idleTimeout: number;
};

/** A connection that can be told to end when nothing runs on it. */
export type ServedConnection = { closeIfIdle(why: string): void };

type State =
  | { readonly kind: 'Pending' }
  | { readonly kind: 'Refused'; readonly failure: LoginFailure }
  | { readonly kind: 'LoggedIn'; readonly key: VerifiedKey }
  | { readonly kind: 'Ending'; readonly key: VerifiedKey };

/** Milliseconds for a client to show the last words of its sessions: on DISCONNECT, ssh drops what it has not shown. */
const lastWordsTime = 250;

/** Takes one SSH connection from its first authentication request to its end. */
export function serveConnection(
  context: ConnectionContext,
  arrival: Arrival,
  connection: SshConnection,
): ServedConnection {
  const { emit, clock } = context;
  const { connectionId, address } = arrival;
  const client: ClientFacts = { connectionId, address, clientVersion: printable(connection.clientVersion, 255) };
  const offered = createOfferedKeys(emit, client);
  const atClose: (() => void)[] = [];
  let state: State = { kind: 'Pending' };
  let proven: VerifiedKey | undefined;
  let running = 0;
  let idleSince = clock.steady();
  arrival.onIdentified();

  connection.authenticate = (attempt) => {
    const outcome = context.authentication.authenticate(attempt, address);
    if (!outcome.ok) offered.note(attempt, outcome.error);
    else offered.note(attempt, outcome.value === undefined ? 'Offered' : 'Proven');
    if (outcome.ok) proven = outcome.value;
    return outcome.ok;
  };

  connection.onLogin = () => {
    const login = admitLogin(context, proven);
    if (!login.ok) {
      state = { kind: 'Refused', failure: login.error };
      connection.disconnect('TooManyConnections', refusalTexts[login.error]);
      return;
    }
    const { key, identities, leave } = login.value;
    state = { kind: 'LoggedIn', key };
    arrival.onLogin();
    idleSince = clock.steady();
    const watched = createWatchedLogin({
      identify: context.identify,
      key,
      idleTimeout: context.idleTimeout,
      idleSince: () => (running > 0 ? undefined : idleSince),
      onRevoked: (refusal) => endLogin(key, 'Revoked', whyLoginRevoked(refusal), refusal),
      onIdle: () => endLogin(key, 'Idle', 'no session was open for too long'),
    });
    atClose.push(leave, context.watchList.add(watched));
    const { loginName, fingerprint } = key;
    const seconds = secondsSince(clock, arrival.at);
    const { algorithms } = connection;
    emit({ type: 'LoggedIn', client, key: { loginName, fingerprint }, identities, algorithms, seconds });
    // It may have changed between proof and login.
    watched.recheck();
  };

  connection.onCommand = (channel, request) => {
    if (state.kind !== 'LoggedIn' && state.kind !== 'Ending') {
      channel.abort(1, Buffer.alloc(0));
      return;
    }
    running++;
    channel.closed.addEventListener('abort', closeIfDrained, { once: true });
    void runSession(context, { client, key: state.key }, channel, request).finally(() => {
      running--;
      idleSince = clock.steady();
      closeIfDrained();
    });
  };

  connection.onClose = (fault) => {
    for (const close of atClose) close();
    const broken = fault && { code: fault.code, detail: printable(fault.message, 255), cause: fault };
    if (state.kind === 'LoggedIn' || state.kind === 'Ending') {
      const { loginName, fingerprint } = state.key;
      if (broken !== undefined) emit({ type: 'ConnectionBroken', client, key: { loginName, fingerprint }, ...broken });
      return;
    }
    const reason = state.kind === 'Refused' ? state.failure : loginFailureOf(fault, arrival.isLate);
    emit({ type: 'LoginFailed', client, reason, offered: offered.list, ...broken });
  };

  /** A session that has ended may still have output that its client has not taken; a DISCONNECT would cut it off. */
  const closeIfIdle = (why: string): void => {
    if (running > 0 || connection.openChannels > 0) return;
    if (state.kind === 'Pending') state = { kind: 'Refused', failure: 'Draining' };
    connection.disconnect('ByApplication', why);
  };

  const closeIfDrained = (): void => {
    if (context.isDraining()) closeIfIdle('the server is shutting down');
  };

  /** Its sessions have been told already; those that speak now are refused. */
  const endLogin = (key: VerifiedKey, reason: 'Idle' | 'Revoked', why: string, detail?: string): void => {
    if (state.kind !== 'LoggedIn') return;
    state = { kind: 'Ending', key };
    emit({ type: 'LoginEnded', client, reason, ...(detail !== undefined && { detail }) });
    const lastWords = connection.openChannels > 0 ? lastWordsTime : 0;
    const timer = setTimeout(() => connection.disconnect('ByApplication', why), lastWords);
    atClose.push(() => clearTimeout(timer));
  };

  return { closeIfIdle };
}

type LoginRefusal = Extract<LoginFailure, 'TooManyConnectionsOfUser' | 'NotLoggedIn'>;

const refusalTexts: Readonly<Record<LoginRefusal, string>> = {
  NotLoggedIn: 'not logged in',
  TooManyConnectionsOfUser: 'you have too many connections open: close some, or use one for several sessions',
};

type AdmittedLogin = {
  readonly key: VerifiedKey;
  readonly identities: readonly Identity[];
  /** Gives the user's place back. */
  readonly leave: () => void;
};

/** The last look at a proof before its client is in. */
function admitLogin(
  { identify, userConnections }: ConnectionContext,
  key: VerifiedKey | undefined,
): Result<AdmittedLogin, LoginRefusal> {
  const candidates = key && identify(key);
  if (key === undefined || candidates?.ok !== true) return err('NotLoggedIn');
  const identities = candidates.value.map(({ identity }) => identity);
  const leave = userConnections.enter(identities);
  return leave === undefined ? err('TooManyConnectionsOfUser') : ok({ key, identities, leave });
}
