import type { Socket } from 'node:net';
import { dataGreetingLength, parsePreface, prefaceLength } from '../core/link/preface.ts';
import type { ConnectionRefusal } from './events.ts';

type Reception = {
  /** A gateway; `rest` came with its preface. */
  onControl(socket: Socket, rest: Buffer): void;
  /** A data connection that said all it may say, with its token in base64url. `false`: nobody waits for it. */
  onData(socket: Socket, token: string): boolean;
  onRefused(reason: ConnectionRefusal): void;
};

/** For a connection to say what it is. */
const greetingTimeoutMs = 5_000;

/** Reads a connection's greeting, and of a data connection not a byte more: the rest is git's. */
export function receive(socket: Socket, { onControl, onData, onRefused }: Reception): void {
  let greeting: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => refuse('Silent'), greetingTimeoutMs);

  function refuse(reason: ConnectionRefusal): void {
    release();
    socket.destroy();
    onRefused(reason);
  }

  function release(): void {
    clearTimeout(timer);
    socket.off('data', take).off('end', onGone).off('close', onGone).off('error', onGone);
  }

  /** Health checks and port scans connect and leave: no news. */
  function onGone(): void {
    release();
    socket.destroy();
    if (greeting.length > 0) onRefused('NoPreface');
  }

  function take(chunk: Buffer): void {
    greeting = Buffer.concat([greeting, chunk]);
    if (greeting.length < prefaceLength) return;
    const kind = parsePreface(greeting);
    if (kind === undefined) refuse('NoPreface');
    else if (kind === 'Data') takeData();
    else {
      release();
      onControl(socket, greeting.subarray(prefaceLength));
    }
  }

  function takeData(): void {
    if (greeting.length < dataGreetingLength) return;
    if (greeting.length > dataGreetingLength) {
      refuse('SaidTooMuch');
      return;
    }
    release();
    if (onData(socket, greeting.toString('base64url', prefaceLength))) return;
    socket.destroy();
    onRefused('UnknownToken');
  }

  socket.on('data', take).on('end', onGone).on('close', onGone).on('error', onGone);
}
