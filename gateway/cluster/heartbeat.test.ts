import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import pino from 'pino';
import { systemClock } from '../clock.ts';
import { startHeartbeat } from './heartbeat.ts';

type Answer = string | undefined | Error;

/**
 * Beats once for each answer. `delivered` is what the watch has brought at that time; the letters in the result are what
 * came of the beats: C(onfirmed), L(ost).
 */
async function beat(context: TestContext, beats: readonly { answer: Answer; delivered?: string }[]) {
  const ending = new AbortController();
  context.after(() => ending.abort());
  let at = -1;
  let delivered: string | undefined;
  let told = '';
  const log: string[] = [];
  const heartbeat = startHeartbeat({
    async ask() {
      await nextTurn();
      at += 1;
      const turn = beats[at];
      if (turn === undefined) {
        ending.abort();
        throw ending.signal.reason;
      }
      if (turn.delivered !== undefined) {
        delivered = turn.delivered;
        heartbeat.onDelivered(delivered);
      }
      if (turn.answer instanceof Error) throw turn.answer;
      return turn.answer;
    },
    delivered: () => delivered,
    onConfirmed: () => {
      told += `${at}C `;
    },
    onLost: () => {
      told += `${at}L `;
    },
    onBeat: () => {},
    clock: systemClock,
    log: pino({ base: null }, { write: (line) => void log.push(JSON.parse(line).msg) }),
    signal: ending.signal,
    intervalMs: 1,
  });
  await heartbeat.closed;
  return { told: told.trim(), log };
}

const failed = new Error('no answer');

test('a watch that keeps up is confirmed at each beat', async (context) => {
  const { told } = await beat(context, [
    { answer: '1', delivered: '1' },
    { answer: '1' },
    { answer: '2', delivered: '2' },
  ]);
  assert.equal(told, '0C 1C 2C');
});

test('a watch that is two beats behind an answer is lost', async (context) => {
  const { told } = await beat(context, [
    { answer: '1', delivered: '1' },
    { answer: '2' },
    { answer: '2' },
    { answer: '2' },
  ]);
  // In the beat after the two, before it asks.
  assert.equal(told, '0C 2L');
});

test('a watch that is always a moment behind is not', async (context) => {
  const versions = ['1', '2', '3', '4', '5'];
  const beats = versions.map((answer, at) => ({ answer, ...(at > 0 && { delivered: versions[at - 1] ?? '' }) }));
  assert.equal((await beat(context, beats)).told, '');
});

test('a manifest that is gone is confirmed once the watch has said so', async (context) => {
  assert.equal((await beat(context, [{ answer: undefined }])).told, '0C');
});

test('an outage is told of once, and what changed meanwhile is listed anew at once', async (context) => {
  const { told, log } = await beat(context, [
    { answer: '1', delivered: '1' },
    ...[{ answer: failed }, { answer: failed }, { answer: failed }, { answer: failed }],
    { answer: '2' },
    { answer: '2', delivered: '2' },
  ]);
  assert.equal(told, '0C 5L 6C');
  assert.deepEqual(log, [
    'the API server does not answer: the index stays as it is',
    'the API server answers again',
    'the index is listed anew',
  ]);
});

test('one question without an answer is nothing', async (context) => {
  const { told, log } = await beat(context, [{ answer: '1', delivered: '1' }, { answer: failed }, { answer: '1' }]);
  assert.deepEqual([told, log], ['0C 2C', []]);
});
