import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves when the condition holds; asks every few milliseconds, and throws after `timeoutMs`. */
export const waitFor = async (
  what: string,
  timeoutMs: number,
  condition: () => boolean | Promise<boolean>,
): Promise<void> => {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s in vain: ${what}`);
    await sleep(5);
  }
};
