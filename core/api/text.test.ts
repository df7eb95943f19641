import assert from 'node:assert/strict';
import { test } from 'node:test';
import { singleLine } from './text.ts';

const text = singleLine(20);
const isTaken = (value: string): boolean => text.safeParse(value).success;

for (const value of ['Zoë Ångström', 'プロジェクト　一', 'naïve\u00a0!', '\u{1f600}', "O'Neil & Sons (old)", '¡']) {
  test(`taken as one line: ${value}`, () => assert.ok(isTaken(value)));
}

for (const value of [
  '',
  'a\nb',
  'a <b',
  '\x1b[31m',
  '\x9b',
  'a\u202eb',
  'a\u200bb',
  'a\u2028b',
  'a\ud83db',
  '\ufeffa',
  '\ufffd',
]) {
  test(`not taken as one line: ${JSON.stringify(value)}`, () => assert.ok(!isTaken(value)));
}

test('characters are counted, not the units of UTF-16', () => {
  assert.ok(isTaken('\u{1f600}'.repeat(20)));
  assert.ok(!isTaken('\u{1f600}'.repeat(21)));
  assert.ok(!isTaken('a'.repeat(21)));
});

test('no character that this Unicode calls control, format, private, half or a separator of lines is taken', () => {
  const taken: string[] = [];
  for (let code = 0; code <= 0x10ffff; code += 1) {
    const character = String.fromCodePoint(code);
    if (/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u.test(character) && isTaken(character)) taken.push(code.toString(16));
  }
  assert.deepEqual(taken, []);
});
