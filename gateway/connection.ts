import { earliestExpiry } from '../core/index/candidates.ts';
import type { Arrival } from './arrival.ts';
import { type Authentication, fingerprintOfAttempt, type VerifiedKey } from './authentication.ts';
import type { ClientFacts, LoginFailure, OfferedKey } from './events.ts';
import { printable } from './printable.ts';
import { whyLoginRevoked } from './revocation.ts';
import { runSession, type SessionContext } from './session.ts';
import type { PublicKeyAttempt, SshConnection } from './ssh/connection.ts';
import type { UserConnections } from './user-connections.ts';

export type ConnectionContext = SessionContext & {
  readonly authentication: Authentication;
  readonly userConnections: UserConnections;
  /** Milliseconds that a connection may stay without a session. 0: for ever. */
  readonly idleTimeout: number;
};

/** A connection that can be told to end when nothing runs on it. */
export type ServedConnection = { closeIfIdle(why: string): void };

/** Takes one SSH connection from its first authentication request to its end. */
export function serveConnection(
  context: ConnectionContext,
  arrival: Arrival,
  connection: SshConnection,
): ServedConnection {
  const { authentication, emit, clock } = context;
  const { connectionId, address } = arrival;
  arrival.onIdentified();
  const client: ClientFacts = { connectionId, address, clientVersion: printable(connection.clientVersion, 255) };
  const offered: OfferedKey[] = [];
  let key: VerifiedKey | undefined;
  let failure: LoginFailure | undefined;
  let running = 0;
  let idleSince = clock();
  let isEnding = false;
  const onClose: (() => void)[] = [];

  const note = (attempt: PublicKeyAttempt, refusal: OfferedKey['refusal'], fingerprint: string): void => {
    const offer = {
      loginName: printable(attempt.loginName, 255),
      fingerprint,
      algorithm: printable(attempt.algorithm, 64),
      refusal,
    };
    if (offered.length < maxOffersKept) offered.push(offer);
    if (refusal !== 'OnlyOffered') emit({ type: 'KeyRefused', client, key: offer });
  };

  connection.authenticate = (attempt) => {
    const outcome = authentication.authenticate(attempt, address);
    const fingerprint = fingerprintOfAttempt(attempt);
    if (!outcome.ok) note(attempt, outcome.error, fingerprint);
    else if (outcome.value === undefined) note(attempt, 'OnlyOffered', fingerprint);
    else key = outcome.value;
    return outcome.ok;
  };

  connection.onLogin = () => {
    const candidates = key && context.identify(key);
    const first = candidates?.ok === true ? candidates.value[0] : undefined;
    if (key === undefined || candidates?.ok !== true || first === undefined) {
      connection.disconnect('NoMoreAuthMethods', 'not logged in');
      return;
    }
    const leave = context.userConnections.enter(first.identity);
    if (leave === undefined) {
      failure = 'TooManyConnectionsOfUser';
      key = undefined;
      connection.disconnect(
        'TooManyConnections',
        'you have too many connections open: close some, or use one for several sessions',
      );
      return;
    }
    arrival.onLogin();
    onClose.push(leave, context.watchList.add(watched(key)));
    idleSince = clock();
    const { loginName, fingerprint } = key;
    const identities = candidates.value.map(({ identity }) => identity);
    const { algorithms } = connection;
    emit({
      type: 'LoggedIn',
      client,
      key: { loginName, fingerprint },
      identities,
      algorithms,
      seconds: (clock() - arrival.at) / 1_000,
    });
  };

  connection.onCommand = (channel, request) => {
    if (key === undefined) {
      channel.abort(1, Buffer.alloc(0));
      return;
    }
    running++;
    channel.closed.addEventListener('abort', closeIfDrained, { once: true });
    void runSession(context, { client, key }, channel, request).finally(() => {
      running--;
      idleSince = clock();
      closeIfDrained();
    });
  };

  connection.onClose = (error) => {
    for (const close of onClose) close();
    if (key !== undefined) return;
    const reason =
      failure ?? (arrival.isLate ? 'GraceTimeExceeded' : error === undefined ? 'ClientLeft' : 'TransportFault');
    const detail = error === undefined ? {} : { detail: printable(error.message, 255) };
    emit({ type: 'LoginFailed', client, reason, offered, ...detail });
  };

  /** A session that has ended may still have output that its client has not taken; a DISCONNECT would cut it off. */
  const closeIfIdle = (why: string): void => {
    if (running > 0 || connection.openChannels > 0) return;
    if (key === undefined) failure ??= 'Draining';
    connection.disconnect('ByApplication', why);
  };

  const closeIfDrained = (): void => {
    if (context.isDraining()) closeIfIdle('the server is shutting down');
  };

  /** Its sessions have been told already; those that speak now are refused. */
  const endLogin = (reason: 'Idle' | 'Revoked', why: string, detail?: string): void => {
    if (isEnding) return;
    isEnding = true;
    emit({ type: 'LoginEnded', client, reason, ...(detail !== undefined && { detail }) });
    // On DISCONNECT, ssh drops what its sessions have not shown yet, which is why they ended.
    const timer = setTimeout(
      () => connection.disconnect('ByApplication', why),
      connection.openChannels > 0 ? lastWordsTime : 0,
    );
    onClose.push(() => clearTimeout(timer));
  };

  const watched = (verifiedKey: VerifiedKey) => {
    let expiresAt = Number.NEGATIVE_INFINITY;
    const recheck = (): void => {
      const candidates = context.identify(verifiedKey);
      if (candidates.ok) expiresAt = earliestExpiry(candidates.value);
      else endLogin('Revoked', whyLoginRevoked(candidates.error), candidates.error);
    };
    recheck();
    return {
      recheck,
      tick(now: number) {
        if (now >= expiresAt) recheck();
        if (context.idleTimeout === 0 || running > 0 || now - idleSince < context.idleTimeout) return;
        endLogin('Idle', 'no session was open for too long');
      },
    };
  };

  return { closeIfIdle };
}

/** An agent may hold many keys; the audit log names so many of them. */
const maxOffersKept = 50;

/** Milliseconds for a client to show the last words of its sessions. */
const lastWordsTime = 250;
