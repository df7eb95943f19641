import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createReceiveWindow, createWindowBudget } from './receive-window.ts';

describe('a receive window', () => {
  test('takes no more than it allows', () => {
    const window = createReceiveWindow(createWindowBudget(0), 100, 100);
    assert.ok(window.take(60));
    assert.ok(window.take(40));
    assert.ok(!window.take(1));
  });

  test('is reopened by what was passed on, half a window at a time', () => {
    const window = createReceiveWindow(createWindowBudget(0), 100, 100);
    assert.ok(window.take(100));
    assert.equal(window.passOn(49), 0);
    assert.equal(window.passOn(1), 50);
    assert.ok(window.take(50));
    assert.ok(!window.take(1));
  });

  test('doubles while it is used, up to its maximum', () => {
    const window = createReceiveWindow(createWindowBudget(1000), 100, 350);
    const use = (bytes: number): number => {
      assert.ok(window.take(bytes));
      return window.passOn(bytes);
    };
    assert.equal(use(100), 100 + 100);
    assert.equal(use(200), 200 + 150);
    assert.equal(use(350), 350);
    assert.ok(!window.take(351));
  });

  test('grows at the cost of the other channels of its connection, and gives back when it closes', () => {
    const budget = createWindowBudget(100);
    const grow = (): number => {
      const window = createReceiveWindow(budget, 100, 1000);
      assert.ok(window.take(100));
      const announced = window.passOn(100);
      closers.push(() => window.close());
      return announced - 100;
    };
    const closers: (() => void)[] = [];
    assert.equal(grow(), 100);
    assert.equal(grow(), 0);
    closers[0]?.();
    closers[0]?.();
    assert.equal(grow(), 100);
  });
});
