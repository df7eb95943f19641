import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildFrame, createFrameDecoder, type Frame } from './frame.ts';

const plain = (frame: Frame) => ({ head: frame.head.toString(), payload: frame.payload.toString('hex') });

test('frames survive any splitting of the stream', () => {
  const messages = fc.array(fc.record({ head: fc.string({ unit: 'binary' }), payload: fc.uint8Array() }), {
    maxLength: 5,
  });
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (sent, sizes) => {
      const stream = Buffer.concat(sent.map(({ head, payload }) => buildFrame(head, payload)));
      const decoder = createFrameDecoder(4096);
      const received: Frame[] = [];
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        const result = decoder.push(stream.subarray(at, at + size));
        assert.ok(result.ok);
        received.push(...result.value);
        at += size;
      }
      assert.deepEqual(
        received.map(plain),
        sent.map(({ head, payload }) => ({
          head: Buffer.from(head).toString(),
          payload: Buffer.from(payload).toString('hex'),
        })),
      );
    }),
  );
});

test('no bytes make the decoder throw, and a problem stays', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (chunks) => {
      const decoder = createFrameDecoder(256);
      let failed = false;
      for (const chunk of chunks) {
        const result = decoder.push(chunk);
        if (failed) assert.equal(result.ok, false);
        failed = !result.ok;
      }
    }),
  );
});

const length = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

for (const [name, bytes, problem] of [
  ['4 GiB announced', length(0xffffffff), 'TooLong'],
  ['one byte over the bound', length(257), 'TooLong'],
  ['too short for its head length', length(3), 'Malformed'],
  ['a head longer than the frame', Buffer.concat([length(4), length(1)]), 'Malformed'],
  ['a head of 4 GiB', Buffer.concat([length(8), length(0xffffffff), length(0)]), 'Malformed'],
] as const)
  test(`refused: ${name}`, () => {
    const result = createFrameDecoder(256).push(bytes);
    assert.deepEqual(result, { ok: false, error: problem });
  });

test('an announced length reserves no memory', () => {
  const before = process.memoryUsage().arrayBuffers;
  const decoders = Array.from({ length: 200 }, () => {
    const decoder = createFrameDecoder(1024 * 1024);
    decoder.push(Buffer.concat([length(1024 * 1024), Buffer.from('x')]));
    return decoder;
  });
  assert.ok(process.memoryUsage().arrayBuffers - before < 4 * 1024 * 1024);
  assert.equal(decoders.length, 200);
});
