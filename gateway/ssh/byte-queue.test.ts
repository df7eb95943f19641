import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createByteQueue } from './byte-queue.ts';

test('what goes in comes out, in whatever portions', () => {
  const step = fc.oneof(
    fc.record({ append: fc.integer({ min: 0, max: 10_000 }) }),
    fc.record({ drop: fc.integer({ min: 1, max: 10_000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = createByteQueue();
      let next = 0;
      let expected = 0;
      let length = 0;
      for (const action of steps) {
        if ('append' in action) {
          queue.append(Buffer.from(Array.from({ length: action.append }, () => next++ % 251)));
          length += action.append;
        } else {
          const bytes = queue.peek().subarray(0, action.drop);
          assert.equal(bytes.length === 0, length === 0);
          for (const byte of bytes) assert.equal(byte, expected++ % 251);
          queue.drop(bytes.length);
          length -= bytes.length;
        }
        assert.equal(queue.length, length);
      }
    }),
  );
});

test('bytes are copied: the buffer that they came in may be used again', () => {
  const queue = createByteQueue();
  const buffer = Buffer.from('before');
  queue.append(buffer);
  buffer.fill('x');
  assert.equal(queue.peek().toString(), 'before');
});

test('memory is used again: a stream that always waits makes no garbage', () => {
  const queue = createByteQueue();
  const packet = Buffer.alloc(32_768);
  for (let count = 0; count < 100; count += 1) queue.append(packet);
  const before = process.memoryUsage().arrayBuffers;
  for (let count = 0; count < 10_000; count += 1) {
    queue.append(packet);
    queue.drop(queue.peek().length);
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000);
  queue.clear();
});

test('a flood of single bytes costs little more than the bytes', () => {
  const queue = createByteQueue();
  const before = process.memoryUsage().arrayBuffers;
  for (let count = 0; count < 1_000_000; count += 1) queue.append(Buffer.of(count & 0xff));
  assert.ok(process.memoryUsage().arrayBuffers - before < 3_000_000);
  queue.clear();
  assert.equal(queue.length, 0);
  assert.equal(queue.peek().length, 0);
});
