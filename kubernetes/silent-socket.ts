import type { Socket } from 'node:net';

const maxSilentBeats = 2;

/**
 * Ends an HTTP/2 connection from which nothing has come for two beats, although the agent pings it once in each: a peer
 * that vanished without a word would otherwise keep every request that is put on the connection waiting, until the
 * kernel gives up after a quarter of an hour. Bytes are counted, not time: after a stall of our own loop, what arrived
 * meanwhile is read before the next beat.
 */
export function endWhenSilent(socket: Socket, beatMs: number): void {
  let received = socket.bytesRead;
  let silentBeats = 0;
  const heart = setInterval(() => {
    silentBeats = socket.bytesRead === received ? silentBeats + 1 : 0;
    received = socket.bytesRead;
    if (silentBeats > maxSilentBeats) socket.destroy(new Error('no sign of life from the API server'));
  }, beatMs);
  heart.unref();
  socket.once('close', () => clearInterval(heart));
}
