import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPace } from './pace.ts';

/** Writes without end to a server that takes `msOf(running)` milliseconds for each; gives the most that ran at once. */
async function writeTo(pace: ReturnType<typeof createPace>, clock: { ms: number }, msOf: (running: number) => number) {
  let running = 0;
  let most = 0;
  const ends: (() => void)[] = [];
  const writes = Array.from({ length: 1_000 }, () =>
    pace.run(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => ends.push(resolve));
      running -= 1;
    }),
  );
  for (let done = 0; done < writes.length; done++) {
    await new Promise((resolve) => setImmediate(resolve));
    // All that run get their part of the server: those that came together end together.
    if (ends.length === running && running > 0) clock.ms += msOf(running);
    ends.shift()?.();
  }
  await Promise.all(writes);
  return most;
}

test('a server that is no slower for many gets as many as there may be', async () => {
  const clock = { ms: 0 };
  const pace = createPace({ max: 24, now: () => clock.ms });
  assert.equal(await writeTo(pace, clock, (running) => 5 / running), 24);
  assert.equal(pace.limit, 24);
});

test('a server that others keep busy gets two at once, and more when they have gone', async () => {
  const clock = { ms: 0 };
  const pace = createPace({ max: 24, now: () => clock.ms });
  await writeTo(pace, clock, (running) => 5 / running);
  await writeTo(pace, clock, () => 60);
  assert.equal(pace.limit, 2);
  await writeTo(pace, clock, (running) => 5 / running);
  assert.equal(pace.limit, 24);
});

test('a write that fails gives its place back, and its error', async () => {
  const pace = createPace({ max: 24 });
  const fail = () => pace.run(() => Promise.reject(new Error('refused')));
  for (let count = 0; count < 100; count++) await assert.rejects(fail, /refused/);
  assert.equal(await pace.run(() => Promise.resolve('done')), 'done');
});
