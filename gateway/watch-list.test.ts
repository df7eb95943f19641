import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { AccessIndex } from '../core/index/access-index.ts';
import { systemClock } from './clock.ts';
import type { GatewayEvent } from './events.ts';
import { indexOf } from './testing/small-index.ts';
import { createWatchList, type Terminable, type Watched } from './watch-list.ts';

/** A watch list, and what happened to those on it, in that order. */
function create(context: TestContext) {
  const index = indexOf({});
  const subscribers: ((index: AccessIndex) => void)[] = [];
  const source = {
    ...{ current: index, ageSeconds: () => 0 },
    subscribe: (onSwap: (index: AccessIndex) => void) => {
      subscribers.push(onSwap);
      return () => {};
    },
  };
  const events: GatewayEvent[] = [];
  const list = createWatchList(source, systemClock, (event) => void events.push(event));
  context.after(() => list.close());
  const seen: string[] = [];
  const watched = (name: string, fault?: Error): Watched => {
    const note = (what: string): void => {
      seen.push(`${name} ${what}`);
    };
    const check = (): void => {
      note('checked');
      if (fault !== undefined) throw fault;
    };
    return { recheck: check, tick: check, fail: (cause) => note(cause === fault ? 'ended' : 'ended for nothing') };
  };
  const session = (name: string, fault?: Error): Terminable => {
    const terminate = (termination: string): void => {
      seen.push(`${name} ${termination}`);
      if (fault !== undefined) throw fault;
    };
    return { ...watched(name, fault), terminate };
  };
  const swap = (): void => {
    for (const subscriber of subscribers) subscriber(index);
  };
  return { list, events, seen, watched, session, swap };
}

test('whoever cannot be checked ends, and keeps nobody else from being checked', (context) => {
  const { list, events, seen, watched, swap } = create(context);
  const fault = new Error('the index is broken');
  list.add(watched('first'));
  list.add(watched('second', fault));
  list.add(watched('third'));
  swap();
  assert.deepEqual(seen, ['third checked', 'second checked', 'second ended', 'first checked']);
  assert.deepEqual(events, [{ type: 'CheckFailed', cause: fault }]);
});

test('a session that cannot be ended in good order keeps no other from its end', (context) => {
  const { list, events, seen, watched, session } = create(context);
  const fault = new Error('the channel is broken');
  list.add(watched('login'));
  list.add(session('first'));
  list.add(session('second', fault));
  assert.equal(list.sessions, 2);
  list.terminateSessions('Shutdown', 'x');
  assert.deepEqual(seen, ['second Shutdown', 'second ended', 'first Shutdown']);
  assert.deepEqual(events, [{ type: 'CheckFailed', cause: fault }]);
});

test('who was taken off the list is left alone', (context) => {
  const { list, seen, watched, swap } = create(context);
  const remove = list.add(watched('first'));
  list.add(watched('second'));
  remove();
  swap();
  assert.deepEqual(seen, ['second checked']);
});
