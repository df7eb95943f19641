import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createKeepaliveSchedule } from './keepalive-schedule.ts';

describe('a client is asked for a sign of life', () => {
  // `b`: an interval has passed. `h`: something came from the client.
  const cases: readonly { name: string; maxMissed: number; events: string; answers: string }[] = [
    {
      name: 'and given up when it was silent for so long',
      maxMissed: 3,
      events: 'bbbb',
      answers: 'Probe Probe Probe GiveUp',
    },
    { name: 'once, where one miss is too many', maxMissed: 1, events: 'bb', answers: 'Probe GiveUp' },
    { name: 'and stays as long as it answers', maxMissed: 1, events: 'bhbhbhb', answers: 'Probe Probe Probe Probe' },
    {
      name: 'and may answer the last question only',
      maxMissed: 2,
      events: 'bbhbbb',
      answers: 'Probe Probe Probe Probe GiveUp',
    },
    { name: 'whatever it sent before, however much', maxMissed: 2, events: 'hhhhbbb', answers: 'Probe Probe GiveUp' },
  ];
  for (const { name, maxMissed, events, answers } of cases) {
    test(`${name}: ${events}`, () => {
      const schedule = createKeepaliveSchedule(maxMissed);
      const given: string[] = [];
      for (const event of events) {
        if (event === 'h') schedule.hear();
        else given.push(schedule.beat());
      }
      assert.deepEqual(given, answers.split(' '));
    });
  }
});
