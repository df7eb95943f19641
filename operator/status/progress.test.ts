import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition } from '../../core/api/condition.ts';
import { progressOf } from './progress.ts';

const programmed = (observedGeneration: number): Condition => ({
  ...{ type: 'Programmed', status: 'True', reason: 'Programmed', message: '', observedGeneration },
  lastTransitionTime: '2026-01-01T00:00:00Z',
});

type Facts = Parameters<typeof progressOf>[0];

const rows: readonly [name: string, facts: Partial<Facts>, expected: string][] = [
  ['what is not written is being published', { needed: undefined }, 'Publishing'],
  ['what the slowest gateway has not loaded is on its way', { needed: 7, loaded: 6 }, 'Loading'],
  ['what all have loaded is programmed', { needed: 7, loaded: 7 }, 'Programmed'],
  ['without gateways nothing new is programmed', { needed: 7 }, 'NoGateways'],
  ['what was known before us stays so without gateways', { needed: 5, conditions: [programmed(1)] }, 'Programmed'],
  ['... and while one of them begins anew', { needed: 5, loaded: 3, conditions: [programmed(1)] }, 'Programmed'],
  ['... but not if it was another generation', { needed: 5, conditions: [programmed(0)] }, 'NoGateways'],
  ['... nor if its entry has changed since', { needed: 7, loaded: 6, conditions: [programmed(1)] }, 'Loading'],
];
for (const [name, facts, expected] of rows) {
  test(name, () => {
    const { kind } = progressOf({
      ...{ needed: undefined, first: 5, loaded: undefined, generation: 1, conditions: [], ...facts },
    });
    assert.equal(kind, expected);
  });
}
