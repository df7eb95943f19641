import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPriorityLanes, type PriorityLanes } from './priority-lanes.ts';

function takeAll(lanes: PriorityLanes): readonly string[] {
  const keys: string[] = [];
  for (let taken = lanes.take(); taken !== undefined; taken = lanes.take()) keys.push(`${taken.key}${taken.priority}`);
  return keys;
}

test('higher priorities come first, and within one the order stays', () => {
  const lanes = createPriorityLanes();
  for (const [key, priority] of [
    ['a', 0],
    ['b', 5],
    ['c', 0],
    ['d', -5],
    ['e', 5],
  ] as const)
    lanes.add(key, priority);
  assert.equal(lanes.size, 5);
  assert.deepEqual(takeAll(lanes), ['b5', 'e5', 'a0', 'c0', 'd-5']);
});

test('a key waits once, and is raised but never lowered', () => {
  const lanes = createPriorityLanes();
  assert.deepEqual([lanes.add('a', 0), lanes.add('b', 0), lanes.add('a', 0)], [true, true, false]);
  assert.deepEqual([lanes.add('b', 9), lanes.add('b', 1)], [false, false]);
  assert.deepEqual(takeAll(lanes), ['b9', 'a0']);
  assert.equal(lanes.has('b'), false);
});

test('tenants take turns within a priority, however much one of them brings', () => {
  const lanes = createPriorityLanes((key) => key.slice(0, 1));
  for (const key of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) lanes.add(key, 0);
  lanes.add('a9', 7);
  assert.deepEqual(takeAll(lanes), ['a97', 'a10', 'b10', 'c10', 'a20', 'b20', 'a30']);
  lanes.add('b3', 0);
  assert.deepEqual(takeAll(lanes), ['b30']);
});

test('places that raised keys leave behind do not pile up', () => {
  const lanes = createPriorityLanes();
  lanes.add('waits', 0);
  for (let count = 0; count < 10_000; count++) {
    lanes.add(`key-${count % 10}`, 0);
    lanes.add(`key-${count % 10}`, 1);
    assert.equal(lanes.take()?.priority, 1);
  }
  assert.deepEqual(takeAll(lanes), ['waits0']);
});

test('taking and adding stay quick with many keys, and places that were left are dropped', () => {
  const lanes = createPriorityLanes();
  const before = process.cpuUsage();
  for (let count = 0; count < 200_000; count++) lanes.add(`key-${count}`, 0);
  for (let count = 0; count < 200_000; count++) {
    lanes.take();
    lanes.add(`more-${count}`, 0);
  }
  // In CPU time, which other processes do not add to.
  const { user } = process.cpuUsage(before);
  assert.ok(user < 2_000_000, `${user} µs`);
  assert.equal(takeAll(lanes).length, 200_000);
});
