import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFreshness } from './freshness.ts';

/** With a clock that stands still, in seconds, until it is set. */
function create() {
  let now = 0;
  const freshness = createFreshness({ steady: () => now * 1_000, wall: () => 0 });
  const at = (seconds: number): typeof freshness => {
    now = seconds;
    return freshness;
  };
  return at;
}

test('age counts from the moment in which the question was sent', () => {
  const at = create();
  at(1).use('a');
  const answer = at(10).ask();
  assert.equal(at(13).ageSeconds(), 13);
  answer('a');
  assert.equal(at(14).ageSeconds(), 4);
});

test('a watch that brings nothing new to an unanswered question proves nothing', () => {
  const at = create();
  at(1).use('a');
  at(5).ask();
  at(6).use('b');
  assert.equal(at(7).ageSeconds(), 7);
});

test('what an answer speaks of may come before it, or after it', () => {
  const at = create();
  const early = at(1).ask();
  at(2).use('a');
  at(2).use('b');
  early('a');
  assert.equal(at(3).ageSeconds(), 2);
  at(10).ask()('c');
  assert.equal(at(11).ageSeconds(), 10);
  at(12).use('c');
  assert.equal(at(12).ageSeconds(), 2);
});

test('what is not in use proves nothing, and neither does what was before the question', () => {
  const at = create();
  at(1).use('a');
  at(1).use('b');
  at(2).ask()('a');
  at(3).ask()(undefined);
  assert.equal(at(4).ageSeconds(), 4);
});

test('an answer that comes late, after the next question, is worth what it says', () => {
  const at = create();
  at(1).use('a');
  const first = at(2).ask();
  at(7).ask()('a');
  first('a');
  assert.equal(at(8).ageSeconds(), 1);
});
