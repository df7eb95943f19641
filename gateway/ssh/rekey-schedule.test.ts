import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createRekeySchedule, type RekeySchedule } from './rekey-schedule.ts';

type Clockwork = { at: number; traffic: number; schedule: RekeySchedule };

function createClockwork(): Clockwork {
  const clockwork = { at: 0, traffic: 0 } as Clockwork;
  clockwork.schedule = createRekeySchedule(
    { bytes: 1000, intervalMs: 60_000 },
    () => clockwork.traffic,
    () => clockwork.at,
  );
  return clockwork;
}

describe('a key exchange is due', () => {
  test('after so many bytes, and again after as many more', () => {
    const clockwork = createClockwork();
    clockwork.traffic = 999;
    assert.ok(!clockwork.schedule.isDue());
    clockwork.traffic = 1000;
    assert.ok(clockwork.schedule.isDue());
    clockwork.schedule.end();
    assert.ok(!clockwork.schedule.isDue());
    clockwork.traffic = 2000;
    assert.ok(clockwork.schedule.isDue());
  });

  test('after so much time', () => {
    const clockwork = createClockwork();
    clockwork.at = 60_000;
    assert.ok(clockwork.schedule.isDue());
  });
});

describe('a client may ask for a key exchange', () => {
  const countAllowed = (clockwork: Clockwork, attempts: number): number => {
    let allowed = 0;
    for (let attempt = 0; attempt < attempts; attempt += 1) if (clockwork.schedule.allowRequest()) allowed += 1;
    return allowed;
  };

  test('a few times at once', () => {
    assert.equal(countAllowed(createClockwork(), 100), 16);
  });

  test('then once a second', () => {
    const clockwork = createClockwork();
    countAllowed(clockwork, 100);
    clockwork.at += 3000;
    assert.equal(countAllowed(clockwork, 100), 3);
  });

  test('or once for each 64 KiB', () => {
    const clockwork = createClockwork();
    countAllowed(clockwork, 100);
    clockwork.traffic += 5 * 65_536;
    assert.equal(countAllowed(clockwork, 100), 5);
  });

  test('and nothing is saved up beyond a few', () => {
    const clockwork = createClockwork();
    clockwork.at += 1_000_000;
    assert.equal(countAllowed(clockwork, 100), 16);
  });
});

describe('a key exchange may take a minute', () => {
  const cases: readonly { name: string; steps: readonly ('begin' | 'end' | number)[]; overdue: boolean }[] = [
    { name: 'and no longer', steps: ['begin', 60_001], overdue: true },
    { name: 'to the end', steps: ['begin', 60_000], overdue: false },
    { name: 'from its first step', steps: ['begin', 40_000, 'begin', 40_000], overdue: true },
    { name: 'each time anew', steps: ['begin', 40_000, 'end', 'begin', 40_000], overdue: false },
    { name: 'once it has begun', steps: [1_000_000], overdue: false },
  ];
  for (const { name, steps, overdue } of cases) {
    test(name, () => {
      const clockwork = createClockwork();
      for (const step of steps) {
        if (typeof step === 'number') clockwork.at += step;
        else clockwork.schedule[step]();
      }
      assert.equal(clockwork.schedule.isOverdue(), overdue);
    });
  }
});
