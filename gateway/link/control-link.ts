import net from 'node:net';
import { createFrameDecoder } from '../../core/link/frame.ts';
import { heartbeatIntervalMs, maxMissedHeartbeats, maxServerFrame, maxUnsent } from '../../core/link/limits.ts';
import {
  buildGatewayMessage,
  type GatewayMessage,
  parseServerMessage,
  type ServerMessage,
} from '../../core/link/messages.ts';
import { controlGreeting, linkVersion } from '../../core/link/preface.ts';
import type { LinkAddress } from '../../runtime/config/address.ts';

/** What the server says of one session. */
export type SessionMessage = Extract<ServerMessage, { session: number }>;

/** What a session wants to hear from the link. */
type SessionListener = {
  onMessage(message: SessionMessage): void;
  /** The last call: nothing can be said or heard any more. */
  onLost(cause: Error): void;
};

/** A control connection that was greeted. */
export interface ControlLink {
  /** base64url; goes into the tickets of this connection. */
  readonly nonce: string;
  readonly alive: boolean;
  /** Gives a session its number, which is its ticket's counter. */
  add(listener: SessionListener): number;
  remove(session: number): void;
  send(message: GatewayMessage): void;
  /** Everything that uses it is told `cause`; repeatable. */
  destroy(cause: Error): void;
}

/** From the first packet to the server's greeting. */
const greetingTimeoutMs = 5_000;

/** Resolves when the server has greeted; rejects with what was wrong. `onLost` is called once, after that. */
export function connectControlLink(
  address: LinkAddress,
  podName: string,
  onLost: (cause: Error) => void,
): Promise<ControlLink> {
  const { promise, resolve, reject } = Promise.withResolvers<ControlLink>();
  const socket = net.connect({ ...address, noDelay: true });
  const decoder = createFrameDecoder(maxServerFrame);
  const listeners = new Map<number, SessionListener>();
  let link: ControlLink | undefined;
  let lastSession = 0;
  let alive = true;
  let silentBeats = 0;

  const greetingTimer = setTimeout(() => destroy(new Error('no greeting in time')), greetingTimeoutMs);
  const heart = setInterval(() => {
    // Beats are counted, not time: after a stall of our own loop, what arrived meanwhile is read before the next beat.
    if (silentBeats >= maxMissedHeartbeats) return destroy(new Error('no sign of life'));
    silentBeats += 1;
    if (link !== undefined) send({ type: 'ping' });
  }, heartbeatIntervalMs);

  function destroy(cause: Error): void {
    if (!alive) return;
    alive = false;
    clearTimeout(greetingTimer);
    clearInterval(heart);
    socket.destroy();
    reject(cause);
    if (link !== undefined) onLost(cause);
    for (const listener of listeners.values()) listener.onLost(cause);
    listeners.clear();
  }

  function send(message: GatewayMessage): void {
    if (!alive) return;
    socket.write(buildGatewayMessage(message));
    if (socket.writableLength > maxUnsent) destroy(new Error('the server does not read'));
  }

  function greet(message: ServerMessage | undefined): void {
    const problem = findGreetingProblem(message, podName);
    if (message?.type !== 'hello' || problem !== undefined) {
      destroy(new Error(problem));
      return;
    }
    clearTimeout(greetingTimer);
    link = {
      nonce: message.nonce,
      get alive() {
        return alive;
      },
      add(listener) {
        lastSession += 1;
        listeners.set(lastSession, listener);
        return lastSession;
      },
      remove: (session) => listeners.delete(session),
      send,
      destroy,
    };
    resolve(link);
  }

  socket.write(controlGreeting);
  socket.on('data', (chunk) => {
    silentBeats = 0;
    const frames = decoder.push(chunk);
    if (!frames.ok) destroy(new Error(`frame: ${frames.error}`));
    for (const frame of frames.ok ? frames.value : []) {
      if (!alive) return;
      const message = parseServerMessage(frame);
      if (!message.ok) destroy(new Error('a malformed message'));
      else if (link === undefined) greet(message.value);
      else if (message.value !== undefined && 'session' in message.value)
        listeners.get(message.value.session)?.onMessage(message.value);
    }
  });
  socket.on('error', destroy);
  socket.on('close', () => destroy(new Error('the server closed the connection')));
  return promise;
}

/** Why this is not the greeting of the server that we look for. */
function findGreetingProblem(message: ServerMessage | undefined, podName: string): string | undefined {
  if (message?.type !== 'hello') return 'the server did not begin with a greeting';
  if (message.version !== linkVersion) return `the server speaks version ${message.version}`;
  if (message.pod !== podName) return `the server is ${message.pod}, not ${podName}`;
  return undefined;
}
