import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWriteLimit } from './write-limit.ts';

/** Writes without end to a server that takes `msOf(running)` milliseconds for each; gives the most that ran at once. */
async function writeTo(
  writes: ReturnType<typeof createWriteLimit>,
  clock: { ms: number },
  msOf: (running: number) => number,
) {
  let running = 0;
  let most = 0;
  const ends: (() => void)[] = [];
  const runs = Array.from({ length: 1_000 }, () =>
    writes.run(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => ends.push(resolve));
      running -= 1;
    }),
  );
  for (let done = 0; done < runs.length; done++) {
    await new Promise((resolve) => setImmediate(resolve));
    // All that run get their part of the server: those that came together end together.
    if (ends.length === running && running > 0) clock.ms += msOf(running);
    ends.shift()?.();
  }
  await Promise.all(runs);
  return most;
}

test('a server that is no slower for many gets as many as there may be', async () => {
  const clock = { ms: 0 };
  const writes = createWriteLimit({ max: 24, now: () => clock.ms });
  assert.equal(await writeTo(writes, clock, (running) => 5 / running), 24);
  assert.equal(writes.limit, 24);
});

test('a server that others keep busy gets two at once, and more when they have gone', async () => {
  const clock = { ms: 0 };
  const writes = createWriteLimit({ max: 24, now: () => clock.ms });
  await writeTo(writes, clock, (running) => 5 / running);
  await writeTo(writes, clock, () => 60);
  assert.equal(writes.limit, 2);
  await writeTo(writes, clock, (running) => 5 / running);
  assert.equal(writes.limit, 24);
});

test('a write that fails gives its place back, and its error', async () => {
  const writes = createWriteLimit({ max: 24 });
  const fail = () => writes.run(() => Promise.reject(new Error('refused')));
  for (let count = 0; count < 100; count++) await assert.rejects(fail, /refused/);
  assert.equal(await writes.run(() => Promise.resolve('done')), 'done');
});
