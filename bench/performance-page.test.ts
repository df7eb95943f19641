import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Figure, ratioFigure } from './figure.ts';
import { buildPerformancePage } from './performance-page.ts';
import { quantileOf, spreadOf } from './statistics.ts';

const figure = (work: string, value: number): Figure => ({
  ...ratioFigure(work, { reference: [100, 100], measured: [value, value] }, { bound: 0.2, goal: 0.1 }),
});

test('a run replaces its own rows, keeps the others, and keeps their order', () => {
  const empty = 'above\n<!-- bench: begin -->\n<!-- bench: end -->\nbelow\n';
  const first = buildPerformancePage(empty, [figure('b', 30), figure('a', 15)], ['a', 'b'], 'here');
  const second = buildPerformancePage(first, [figure('b', 20)], ['a', 'b'], 'there');
  assert.deepEqual(second.split('\n').slice(4), [
    '| a | 100.0 ms | 15.0 ms | 0.15 | 0.20 | 0.10 | yes |',
    '| b | 100.0 ms | 20.0 ms | 0.20 | 0.20 | 0.10 | yes |',
    '',
    'there',
    '<!-- bench: end -->',
    'below',
    '',
  ]);
  assert.match(first, /\| b \| 100\.0 ms \| 30\.0 ms \| 0\.30 \| 0\.20 \| 0\.10 \| \*\*no\*\* \|/);
});

test('a page without its markers is not overwritten', () => {
  assert.throws(() => buildPerformancePage('something else', [], [], ''), /has no line <!-- bench: begin -->/);
});

test('median, quartiles and percentiles', () => {
  const hundred = Array.from({ length: 101 }, (_, index) => 100 - index);
  assert.deepEqual([quantileOf(hundred, 0.99), quantileOf(hundred, 1), quantileOf([5], 0.99)], [99, 100, 5]);
  assert.deepEqual(spreadOf([4, 1, 3, 2]), { median: 2.5, lower: 1.75, upper: 3.25 });
  assert.deepEqual(spreadOf([7]), { median: 7, lower: 7, upper: 7 });
});
