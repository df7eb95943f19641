import { asciiOnly } from '../core/printable.ts';
import { type AdmittedLogin, admitLogin, farewells } from './admit-login.ts';
import type { Arrival } from './arrival.ts';
import type { Authentication, VerifiedKey } from './authentication.ts';
import { secondsSince } from './clock.ts';
import type { ClientFacts, KeyFacts, LoginEnd, LoginFailure } from './events.ts';
import { loginFailureOf } from './login-failure.ts';
import { createOfferedKeys } from './offered-keys.ts';
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
  | { readonly kind: 'LoggedIn'; readonly login: Login }
  | { readonly kind: 'Ending'; readonly login: Login };

type Login = Pick<AdmittedLogin, 'key' | 'identities'> & {
  /** By the steady clock. */
  readonly at: number;
};

/** Milliseconds for a client to show the last words of its sessions: on DISCONNECT, ssh drops what it has not shown. */
const farewellMs = 250;

/** Takes one SSH connection from its first authentication request to its end. */
export function serveClient(context: ConnectionContext, arrival: Arrival, connection: SshConnection): ServedConnection {
  const { emit, clock } = context;
  const { connectionId, address } = arrival;
  const client: ClientFacts = { connectionId, address, clientVersion: asciiOnly(connection.clientVersion, 255) };
  const collected = createOfferedKeys(emit, client);
  const atClose: (() => void)[] = [];
  let state: State = { kind: 'Pending' };
  let proven: VerifiedKey | undefined;
  let loginName: string | undefined;
  let running = 0;
  let sessions = 0;
  let idleSince = clock.steady();
  arrival.onIdentified();

  connection.onLoginName = (name) => {
    loginName = asciiOnly(name, 255);
  };

  connection.authenticate = (attempt) => {
    const verdict = context.authentication.authenticate(attempt, address);
    if (!verdict.ok) {
      collected.note(attempt, verdict.error.reason, verdict.error.owners);
      if (verdict.error.reason === 'IndexUnavailable') turnAway(verdict.error.reason);
      return false;
    }
    const { key, owners } = verdict.value;
    collected.note(attempt, key === undefined ? 'Offered' : 'Proven', owners);
    proven = key;
    return true;
  };

  connection.onLogin = () => {
    const login = admitLogin(context, proven);
    if (!login.ok) return turnAway(login.error);
    const { key, identities, leave } = login.value;
    const at = clock.steady();
    idleSince = at;
    state = { kind: 'LoggedIn', login: { key, identities, at } };
    arrival.onLogin();
    const watched = createWatchedLogin({
      identify: context.identify,
      key,
      idleTimeout: context.idleTimeout,
      idleSince: () => (running > 0 ? undefined : idleSince),
      onRevoked: (refusal) => endLogin('Revoked', whyLoginRevoked(refusal), refusal),
      onIdle: () => endLogin('Idle', 'no session was open for too long'),
      onFault: () => endLogin('Fault', 'something went wrong on the server'),
    });
    atClose.push(leave, context.watchList.add(watched));
    const seconds = secondsSince(clock, arrival.at);
    const { algorithms } = connection;
    emit({ type: 'LoggedIn', client, key: factsOf(key), identities, algorithms, seconds });
    // It may have changed between proof and login.
    watched.recheck();
  };

  connection.onCommand = (channel, request) => {
    if (state.kind !== 'LoggedIn' && state.kind !== 'Ending') {
      channel.abort(1, Buffer.alloc(0));
      return;
    }
    running++;
    sessions++;
    channel.closed.addEventListener('abort', closeIfDrained, { once: true });
    void runSession(context, { client, key: state.login.key }, channel, request).finally(() => {
      running--;
      idleSince = clock.steady();
      closeIfDrained();
    });
  };

  connection.onClose = (fault) => {
    for (const close of atClose) close();
    if (arrival.gaveWay) return;
    const broken = fault && { code: fault.code, detail: asciiOnly(fault.message, 255), cause: fault };
    if (state.kind === 'LoggedIn' || state.kind === 'Ending') {
      const { key, identities, at } = state.login;
      if (broken !== undefined) emit({ type: 'ConnectionBroken', client, key: factsOf(key), ...broken });
      emit({ type: 'LoggedOut', client, identities, sessions, seconds: secondsSince(clock, at) });
      return;
    }
    const { isLate } = arrival;
    const { isRefused } = collected;
    const reason = state.kind === 'Refused' ? state.failure : loginFailureOf({ fault, isLate, isRefused });
    const asked = loginName === undefined ? {} : { loginName };
    emit({ type: 'LoginFailed', client, reason, ...asked, offered: collected.offered, ...broken });
  };

  const turnAway = (failure: keyof typeof farewells): void => {
    state = { kind: 'Refused', failure };
    const { reason, text } = farewells[failure];
    connection.disconnect(reason, text);
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
  const endLogin = (reason: LoginEnd, why: string, detail?: string): void => {
    if (state.kind !== 'LoggedIn') return;
    state = { kind: 'Ending', login: state.login };
    emit({ type: 'LoginEnded', client, reason, ...(detail !== undefined && { detail }) });
    const lastWords = connection.openChannels > 0 ? farewellMs : 0;
    const timer = setTimeout(() => connection.disconnect('ByApplication', why), lastWords);
    atClose.push(() => clearTimeout(timer));
  };

  return { closeIfIdle };
}

const factsOf = ({ loginName, fingerprint }: VerifiedKey): KeyFacts => ({ loginName, fingerprint });
