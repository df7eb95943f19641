import { test } from 'node:test';
import { createWaker } from './waker.ts';

const forEver = Number.POSITIVE_INFINITY;

test('a wait ends when it is woken, or was since the last one', async () => {
  const waker = createWaker();
  const { signal } = new AbortController();
  const waiting = waker.wait(forEver, signal);
  waker.wake();
  await waiting;
  waker.wake();
  await waker.wait(forEver, signal);
  await waker.wait(1, signal);
});

test('a pause is not ended by that, but by its signal', async () => {
  const waker = createWaker();
  const ending = new AbortController();
  const pause = waker.pause(forEver, ending.signal);
  waker.wake();
  ending.abort();
  await pause;
  await waker.wait(forEver, new AbortController().signal);
  await waker.wait(forEver, ending.signal);
});
