import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for a condition, never for a time: asks every 10 ms until it holds, and fails after `timeout` milliseconds. */
export async function until<Value>(
  what: string,
  condition: () => Value | undefined | false | Promise<Value | undefined | false>,
  timeout = 30_000,
): Promise<Value> {
  const end = performance.now() + timeout;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`waited ${timeout} ms in vain: ${what}`);
    await sleep(10);
  }
}
