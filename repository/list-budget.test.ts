import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createListBudget } from './list-budget.ts';

const mebibyte = 1024 * 1024;

test('large lists share what there is, and small ones always get in', () => {
  const budget = createListBudget();
  const large = Array.from({ length: 8 }, () => budget.open());
  assert.deepEqual(
    large.map((allowance) => allowance.reserve(4 * mebibyte)),
    large.map(() => true),
  );
  const late = budget.open();
  assert.equal(late.reserve(4 * mebibyte), false);
  for (let small = 0; small < 1_000; small++) assert.equal(budget.open().reserve(64 * 1024), true);

  large[0]?.release();
  large[0]?.release();
  assert.equal(large[0]?.reserve(1), false);
  assert.equal(late.reserve(4 * mebibyte), true);
  assert.equal(budget.open().reserve(4 * mebibyte), false);
});

test('a list that comes in pieces counts as a whole', () => {
  const budget = createListBudget();
  const fits = (allowance = budget.open()): boolean => {
    for (let piece = 0; piece < 64; piece++) if (!allowance.reserve(64 * 1024)) return false;
    return true;
  };
  assert.deepEqual(
    Array.from({ length: 10 }, () => fits()),
    [true, true, true, true, true, true, true, true, false, false],
  );
});
