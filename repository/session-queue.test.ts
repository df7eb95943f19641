import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createSessionQueue, type SessionPlace } from './session-queue.ts';

/** What happens to the sessions, one letter each, in a queue where one runs and two wait. */
const scripts: readonly [name: string, steps: readonly string[], running: string, counts: readonly [number, number]][] =
  [
    ['the first runs at once', ['wait a'], 'a', [0, 1]],
    ['the others wait', ['wait a', 'wait b', 'wait c'], 'a', [2, 1]],
    ['in turn', ['wait a', 'wait b', 'wait c', 'leaveProcess a'], 'ab', [1, 1]],
    [
      'not more than one for each that ends',
      ['wait a', 'wait b', 'wait c', 'leaveProcess a', 'leaveProcess a'],
      'ab',
      [1, 1],
    ],
    ['leaving ends its process too', ['wait a', 'wait b', 'leave a'], 'ab', [0, 1]],
    ['who gives up does not run', ['wait a', 'wait b', 'wait c', 'abort b', 'leave a'], 'ac', [0, 1]],
    ['who gives up when it runs stays', ['wait a', 'abort a', 'wait b'], 'a', [1, 1]],
    ['who gave up before it waits does not run', ['abort a', 'wait a', 'wait b'], 'b', [0, 1]],
    ['who has not waited leaves no process', ['enter a', 'leave a', 'wait b', 'wait c'], 'b', [1, 1]],
  ];

for (const [name, steps, running, counts] of scripts)
  test(name, async () => {
    let last: readonly [number, number] = [0, 0];
    const queue = createSessionQueue({ maxRunning: 1, maxQueued: 2 }, (...now) => {
      last = now;
    });
    const places = new Map<string, SessionPlace>();
    const signals = new Map([...'abc'].map((letter) => [letter, new AbortController()]));
    let started = '';
    for (const step of steps) {
      const [deed = '', letter = ''] = step.split(' ');
      const place = places.get(letter) ?? queue.enter(letter);
      const giveUp = signals.get(letter);
      assert.ok(place && giveUp);
      places.set(letter, place);
      if (deed === 'leave' || deed === 'leaveProcess') place[deed]();
      if (deed === 'abort') giveUp.abort(new Error(`${letter} gave up`));
      if (deed === 'wait')
        place.wait(giveUp.signal).then(
          () => {
            started += letter;
          },
          (reason: Error) => assert.equal(reason.message, `${letter} gave up`),
        );
      await nextTurn();
    }
    assert.deepEqual([started, last], [running, counts]);
  });

let owner = 0;

test('a place is taken until its session is over, whatever its process does', async () => {
  const queue = createSessionQueue({ maxRunning: 1, maxQueued: 1 }, () => {});
  const first = queue.enter(String(owner++));
  const second = queue.enter(String(owner++));
  assert.ok(first && second);
  assert.equal(queue.enter(String(owner++)), undefined);
  await first.wait(new AbortController().signal);
  first.leaveProcess();
  assert.equal(queue.enter(String(owner++)), undefined);
  first.leave();
  first.leave();
  assert.ok(queue.enter(String(owner++)));
  assert.equal(queue.enter(String(owner++)), undefined);
});

test('one owner gets half of what runs and half of what waits, and the others the rest', async () => {
  const queue = createSessionQueue({ maxRunning: 4, maxQueued: 4 }, () => {});
  const started: string[] = [];
  const arrive = (name: string): boolean => {
    const place = queue.enter(name);
    void place?.wait(new AbortController().signal).then(() => started.push(name));
    return place !== undefined;
  };
  assert.deepEqual(['a', 'a', 'a', 'a', 'a'].map(arrive), [true, true, true, true, false]);
  assert.deepEqual(['b', 'c', 'd'].map(arrive), [true, true, true]);
  await nextTurn();
  assert.deepEqual(started, ['a', 'a', 'b', 'c']);
});
