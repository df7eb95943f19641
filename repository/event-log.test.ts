import assert from 'node:assert/strict';
import { test } from 'node:test';
import pino from 'pino';
import { createEventLog } from './event-log.ts';
import type { RepositoryServerEvent } from './events.ts';

function logged(event: RepositoryServerEvent): Record<string, unknown> {
  const lines: string[] = [];
  createEventLog(pino({ base: null, timestamp: false }, { write: (line) => void lines.push(line) }))(event);
  assert.equal(lines.length, 1);
  return JSON.parse(lines[0] ?? '') as Record<string, unknown>;
}

const ended = { type: 'SessionEnded', correlationId: 'c', uid: 'u', verb: 'receive-pack', seconds: 1.2345678 } as const;

test('durations are written to the millisecond', () => {
  assert.equal(logged({ ...ended, outcome: 'Exited', exitStatus: 0 }).seconds, 1.235);
});

test('who ended a session is written in their words', () => {
  const { msg, outcome, reason } = logged({ ...ended, outcome: 'Cancelled', reason: 'your key was removed' });
  assert.deepEqual([msg, outcome, reason], ['git ended', 'Cancelled', 'your key was removed']);
});

for (const event of [
  { ...ended, outcome: 'ServerFault' },
  { type: 'PushJudged', correlationId: 'c', accepted: false, refs: 1, problem: 'Fault' },
] as const)
  test(`a fault is an error with its causes: ${event.type}`, () => {
    const cause = new Error('git could not be started', { cause: new Error('spawn git EMFILE') });
    const line = logged({ ...event, cause });
    assert.deepEqual([line.level, line.cause], [50, undefined]);
    assert.equal((line.err as Error).message, 'git could not be started: spawn git EMFILE');
  });

test('why a link ended is written with what the system said', () => {
  const { reason, detail } = logged({ type: 'LinkEnded', link: 1, reason: 'Closed', detail: 'read ECONNRESET' });
  assert.deepEqual([reason, detail], ['Closed', 'read ECONNRESET']);
});
