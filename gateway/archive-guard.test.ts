import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { guardArchive } from './archive-guard.ts';

const line = (text: string): string => (text.length + 4).toString(16).padStart(4, '0') + text;
const request = (...args: readonly string[]): Buffer =>
  Buffer.from(`${args.map((arg) => line(`argument ${arg}\n`)).join('')}0000`);

/** What the guard passes on, and why it refused, when `bytes` come in portions of `size`. */
function guarded(bytes: Buffer, size: number) {
  const passed: Buffer[] = [];
  const refusals: string[] = [];
  let released = 0;
  const onData = guardArchive(
    (chunk) => {
      passed.push(Buffer.from(chunk));
      return true;
    },
    (why) => refusals.push(why),
  );
  for (let offset = 0; offset < bytes.length; offset += size) {
    onData(bytes.subarray(offset, offset + size), () => {
      released += 1;
    });
  }
  return { passed: Buffer.concat(passed), refusals, released };
}

describe('the first bytes of an archive session', () => {
  for (const size of [1, 7, 10_000]) {
    it(`pass when they ask for an archive, in portions of ${size}`, () => {
      const bytes = Buffer.concat([request('--format=tar', 'HEAD', '--', 'docs'), Buffer.from('and whatever follows')]);
      const { passed, refusals, released } = guarded(bytes, size);
      assert.deepEqual(passed, bytes);
      assert.deepEqual(refusals, []);
      assert.ok(released > 0, 'what was copied is given back');
    });

    it(`go nowhere when they ask for more, in portions of ${size}`, () => {
      const { passed, refusals } = guarded(
        Buffer.concat([request('--add-file=/etc/passwd', 'HEAD'), request('HEAD')]),
        size,
      );
      assert.equal(passed.length, 0);
      assert.equal(refusals.length, 1);
    });
  }

  it('wait until the request is whole', () => {
    const bytes = request('HEAD');
    assert.equal(guarded(bytes.subarray(0, -1), 10_000).passed.length, 0);
  });
});
