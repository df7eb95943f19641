import type { Socket } from 'node:net';
import { unmapAddress } from '../core/access/source-range.ts';
import type { Admission, Place } from './admission.ts';
import type { Clock } from './clock.ts';
import { newCorrelationId } from './correlation-id.ts';
import type { Emit } from './events.ts';

/** A TCP connection that was let in, before and after it has said who it is. */
export type Arrival = {
  readonly connectionId: string;
  readonly address: string;
  /** By the steady clock. */
  readonly at: number;
  /** The login grace time is over. */
  readonly isLate: boolean;
  /** It was closed to make room for another; that is in the log already. */
  readonly gaveWay: boolean;
  /** It has identified itself: whoever serves it tells how it ends. */
  onIdentified(): void;
  /** It has logged in: it has all the time that it wants, and no longer counts among those who have not. */
  onLogin(): void;
};

export type ArrivalOptions = {
  readonly admission: Admission;
  readonly emit: Emit;
  readonly clock: Clock;
  /** Milliseconds from TCP's accept to a login. */
  readonly loginGraceTime: number;
};

/** What becomes of an arrival. */
type State = { gaveWay: boolean; isLate: boolean; isIdentified: boolean };

/** Takes a place for a new socket, or closes it without a word. The place is given back when the socket closes. */
export function receive(socket: Socket, options: ArrivalOptions): Arrival | undefined {
  const { admission, emit } = options;
  const address = unmapAddress(socket.remoteAddress ?? '');
  const state: State = { gaveWay: false, isLate: false, isIdentified: false };
  const giveWay = (): void => {
    state.gaveWay = true;
    emit({ type: 'ConnectionRefused', address, reason: 'TooManyPending' });
    socket.destroy();
  };
  const place = address === '' ? undefined : admission.enter(address, giveWay);
  if (place === undefined || typeof place === 'string') {
    if (place !== undefined) emit({ type: 'ConnectionRefused', address, reason: place });
    socket.on('error', () => {});
    socket.destroy();
    return undefined;
  }
  return createArrival(socket, address, place, state, options);
}

function createArrival(
  socket: Socket,
  address: string,
  place: Place,
  state: State,
  { emit, clock, loginGraceTime }: ArrivalOptions,
): Arrival {
  const connectionId = newCorrelationId();
  const grace = setTimeout(() => {
    state.isLate = true;
    socket.destroy();
  }, loginGraceTime);
  socket.once('close', () => {
    clearTimeout(grace);
    place.leave();
    if (state.isIdentified || state.gaveWay) return;
    const client = { connectionId, address, clientVersion: '' };
    const reason = state.isLate ? 'GraceTimeExceeded' : 'ClientLeft';
    emit({ type: 'LoginFailed', client, reason, offered: { keys: [], unlisted: 0 } });
  });
  return {
    connectionId,
    address,
    at: clock.steady(),
    get isLate() {
      return state.isLate;
    },
    get gaveWay() {
      return state.gaveWay;
    },
    onIdentified() {
      state.isIdentified = true;
    },
    onLogin() {
      clearTimeout(grace);
      place.loggedIn();
    },
  };
}
