import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable } from './printable.ts';

const rows: readonly (readonly [sent: string, shown: string])[] = [
  ["git-upload-pack 'team/app'", "git-upload-pack 'team/app'"],
  ['a\nb\r\tc', 'a?b??c'],
  ['\x1b[31mred', '?[31mred'],
  ['nul\0', 'nul?'],
  ['delete\x7f', 'delete?'],
  ['zo\u00eb', 'zo?'],
  ['right to left \u202e', 'right to left ?'],
  ['x'.repeat(100), 'x'.repeat(40)],
];

test('nothing that a stranger sends reaches a terminal or a log line as more than plain text', () => {
  for (const [sent, shown] of rows) assert.equal(printable(sent, 40), shown);
});
