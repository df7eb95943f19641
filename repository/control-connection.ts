import { type KeyObject, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { createFrameDecoder } from '../core/link/frame.ts';
import { heartbeatIntervalMs, maxGatewayFrame, maxMissedHeartbeats, maxUnsent } from '../core/link/limits.ts';
import type { ServerMessage } from '../core/link/messages.ts';
import {
  buildServerMessage,
  type FailureCode,
  type GatewayMessage,
  parseGatewayMessage,
} from '../core/link/messages.ts';
import { linkVersion } from '../core/link/preface.ts';
import { verifyTicket } from '../core/link/ticket.ts';
import type { SessionOrder } from '../core/link/ticket-content.ts';
import type { EventSink, LinkEnd } from './events.ts';
import type { Session } from './session.ts';

export type ControlConnectionOptions = {
  readonly socket: Socket;
  /** For the log. */
  readonly link: number;
  readonly podName: string;
  /** The public key with this `ticketKeyId`; asked for each ticket. */
  readonly keyOf: (keyId: string) => KeyObject | undefined;
  /** Makes a session and the token of its data connection, or says why not. */
  readonly admit: (
    number: number,
    order: SessionOrder,
    send: (message: ServerMessage) => void,
  ) => { readonly session: Session; readonly token: string } | Extract<FailureCode, 'Busy' | 'ShuttingDown'>;
  readonly onEvent: EventSink;
};

export interface ControlConnection {
  /** Takes bytes that came with the preface. */
  push(bytes: Buffer): void;
  /** Cancels its sessions; repeatable. `detail` is for the log. */
  destroy(reason: LinkEnd, detail?: string): void;
}

/** For the first good ticket: whoever has none shall not keep gateways out. */
const firstTicketTimeoutMs = 10_000;

/** Serves one gateway: verifies its tickets and carries everything but the data of its sessions. */
export function serveControlConnection(options: ControlConnectionOptions): ControlConnection {
  const { socket, link, podName, keyOf, admit, onEvent } = options;
  const nonce = randomBytes(24).toString('base64url');
  const decoder = createFrameDecoder(maxGatewayFrame);
  const sessions = new Map<number, Session>();
  let lastCounter = 0;
  let silentBeats = 0;
  let alive = true;

  const ticketTimer = setTimeout(() => destroy('NoTicket'), firstTicketTimeoutMs);
  const heart = setInterval(() => {
    // Beats are counted, not time: after a stall of our own loop, what arrived meanwhile is read before the next beat.
    if (silentBeats >= maxMissedHeartbeats) return destroy('NoSignOfLife');
    silentBeats += 1;
  }, heartbeatIntervalMs);

  function destroy(reason: LinkEnd, detail?: string): void {
    if (!alive) return;
    alive = false;
    clearTimeout(ticketTimer);
    clearInterval(heart);
    socket.destroy();
    for (const session of sessions.values()) session.cancel('Cancelled', 'the gateway is gone');
    onEvent({ type: 'LinkEnded', link, reason, ...(detail !== undefined && { detail }) });
  }

  function send(message: ServerMessage): void {
    if (!alive) return;
    socket.write(buildServerMessage(message));
    if (socket.writableLength > maxUnsent) destroy('SlowReader');
  }

  function open({ session: number, keyId, signature, bytes }: Extract<GatewayMessage, { type: 'open' }>): void {
    const signed = { bytes, keyId, signature: Buffer.from(signature, 'base64url') };
    const ticket = verifyTicket(signed, { keyOf, nonce, pod: podName, session: number, lastCounter });
    if (!ticket.ok) {
      onEvent({ type: 'TicketRefused', link, problem: ticket.error });
      send({ type: 'failed', session: number, code: 'TicketRefused', message: ticket.error });
      return;
    }
    lastCounter = ticket.value.counter;
    clearTimeout(ticketTimer);
    const admitted = admit(number, ticket.value.order, send);
    if (typeof admitted === 'string') {
      send({ type: 'failed', session: number, code: admitted, message: '' });
      return;
    }
    const { session, token } = admitted;
    sessions.set(number, session);
    void session.ended.then(() => sessions.delete(number));
    send({ type: 'accepted', session: number, token });
  }

  function take(message: GatewayMessage): void {
    switch (message.type) {
      case 'ping':
        send({ type: 'pong' });
        break;
      case 'open':
        open(message);
        break;
      case 'cancel':
        sessions.get(message.session)?.cancel('Cancelled', message.reason);
        break;
      case 'stderrCredit':
        sessions.get(message.session)?.grantStderr(message.bytes);
        break;
      case 'done':
        sessions.get(message.session)?.finish();
        break;
    }
  }

  function push(bytes: Buffer): void {
    silentBeats = 0;
    const frames = decoder.push(bytes);
    if (!frames.ok) destroy('BadFrame', frames.error);
    for (const frame of frames.ok ? frames.value : []) {
      if (!alive) return;
      const message = parseGatewayMessage(frame);
      if (!message.ok) destroy('BadMessage');
      else if (message.value !== undefined) take(message.value);
    }
  }

  socket.setNoDelay(true);
  socket.on('data', push);
  socket.on('error', (error) => destroy('Closed', error.message));
  socket.on('end', () => destroy('Closed'));
  socket.on('close', () => destroy('Closed'));
  onEvent({ type: 'LinkOpened', link });
  send({ type: 'hello', version: linkVersion, nonce, pod: podName });
  return { push, destroy };
}
