import type { Socket } from 'node:net';

/**
 * Ends an HTTP/2 connection from which nothing has come for more than so many beats, although the peer is pinged once in
 * each: one that vanished without a word would otherwise keep every request that is put on the connection waiting, until
 * the kernel gives up after a quarter of an hour. Bytes are counted, not time: after a stall of our own loop, what arrived
 * meanwhile is read before the next beat.
 */
export function endWhenSilent(socket: Socket, beatMs: number, maxSilentBeats: () => number): void {
  let received = socket.bytesRead;
  let silentBeats = 0;
  const heart = setInterval(() => {
    silentBeats = socket.bytesRead === received ? silentBeats + 1 : 0;
    received = socket.bytesRead;
    if (silentBeats > maxSilentBeats()) socket.destroy(new Error('no sign of life from the API server'));
  }, beatMs);
  heart.unref();
  socket.once('close', () => clearInterval(heart));
}
