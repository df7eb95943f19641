import { test } from 'node:test';
import { createWaker } from './waker.ts';

const forEver = Number.POSITIVE_INFINITY;

test('a wait ends when it is woken, or was since the last one, or by its signal', async () => {
  const waker = createWaker();
  const { signal } = new AbortController();
  const waiting = waker.wait(forEver, signal);
  waker.wake();
  await waiting;
  waker.wake();
  await waker.wait(forEver, signal);
  await waker.wait(1, signal);
  const ending = new AbortController();
  const last = waker.wait(forEver, ending.signal);
  ending.abort();
  await last;
  await waker.wait(forEver, ending.signal);
});
