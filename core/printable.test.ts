import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asciiOnly, onOneLine } from './printable.ts';

const rows: readonly (readonly [sent: string, audited: string, shown?: string])[] = [
  ["git-upload-pack 'team/app'", "git-upload-pack 'team/app'"],
  ['a\nb\r\tc', 'a?b??c'],
  ['\x1b[31mred', '?[31mred'],
  ['\x9b31mred', '?31mred'],
  ['nul\0', 'nul?'],
  ['delete\x7f', 'delete?'],
  ['zo\u00eb', 'zo?', 'zo\u00eb'],
  ['right to left \u202e', 'right to left ?'],
  ['nothing\u200b', 'nothing?'],
  ['another line\u2028', 'another line?'],
  ['half a pair \ud83d', 'half a pair ?'],
  ['a pair \u{1f600}', 'a pair ??', 'a pair \u{1f600}'],
];

test('nothing that a stranger sends reaches a terminal or a log line as more than plain text', () => {
  for (const [sent, audited, shown = audited] of rows) {
    assert.equal(asciiOnly(sent, 40), audited);
    assert.equal(onOneLine(sent), shown);
  }
  assert.equal(asciiOnly('x'.repeat(100), 40), 'x'.repeat(40));
});
