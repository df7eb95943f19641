import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRequestReader } from './request-reader.ts';

const line = (text: string): string => (text.length + 4).toString(16).padStart(4, '0') + text;
const zeros = '0'.repeat(40);

const rows: readonly [name: string, sent: string, isWhole: boolean][] = [
  ['nothing', '', false],
  ['a flush alone', '0000', true],
  ['half a flush', '000', false],
  ['protocol v2', `${line('command=ls-refs\n')}${line('agent=git/2')}0001${line('peel\n')}0000`, true],
  ['protocol v2 without the end', `${line('command=ls-refs\n')}0001${line('peel\n')}0002`, false],
  ['protocol v0', `${line(`want ${zeros} thin-pack\n`)}${line('deepen 1\n')}0000${line('done\n')}`, true],
  ['a push, and its pack', `${line(`${zeros} ${zeros} refs/heads/a\0report-status`)}0000PACK`, true],
  ['a flush within a line', line('0000'), false],
  ['the first byte', '0', false],
  ['an empty line', '0004', false],
  ['a line without its end', '0010000', false],
  ['no pkt-line', 'GET / HTTP/1.0\r\n0000', false],
  ['a length that there is not', '00030000', false],
];

for (const [name, sent, expected] of rows) {
  test(`whether a request is whole: ${name}`, () => {
    for (const size of [1, 3, 5, 1_000]) {
      const reader = createRequestReader();
      const bytes = Buffer.from(sent);
      for (let at = 0; at < bytes.length; at += size) reader.read(bytes.subarray(at, at + size));
      assert.equal(reader.isWhole, expected, `in portions of ${size}`);
    }
  });
}
