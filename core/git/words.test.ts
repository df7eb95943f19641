import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { splitWords } from './words.ts';

describe('splitWords', () => {
  const good: readonly (readonly [string, readonly string[]])[] = [
    ['', []],
    [' \t ', []],
    ['git-upload-pack a/b', ['git-upload-pack', 'a/b']],
    ["  git-upload-pack\t'a/b'  ", ['git-upload-pack', 'a/b']],
    ["x 'it'\\''s'", ['x', "it's"]],
    ["x 'wow'\\!''", ['x', 'wow!']],
    ['x "a b" \'c d\' e\\ f', ['x', 'a b', 'c d', 'e f']],
    ['x "" \'\'', ['x', '', '']],
    ['a"b"\'c\'\\d', ['abcd']],
    ['"\\$ \\` \\" \\\\ \\a"', ['$ ` " \\ \\a']],
    ["'$(x) `y` ; & | < > ( ) # \\'", ['$(x) `y` ; & | < > ( ) # \\']],
    ['\\; \\$x \\#', [';', '$x', '#']],
    ['a#b ~/x ~ *.c a? [b] {c,d} A=b %1 !x ^y', 'a#b ~/x ~ *.c a? [b] {c,d} A=b %1 !x ^y'.split(' ')],
    ['x ünïcode', ['x', 'ünïcode']],
  ];
  for (const [command, words] of good) {
    it(`splits ${JSON.stringify(command)}`, () => {
      assert.deepEqual(splitWords(command), { ok: true, value: words });
    });
  }

  const bad: readonly (readonly [string, RegExp])[] = [
    ['x; y', /several commands/],
    ['x & y', /several commands/],
    ['x | y', /several commands/],
    ['x < y', /expansion/],
    ['x > y', /expansion/],
    ['(x)', /expansion/],
    ['x)', /expansion/],
    ['x $(y)', /expansion/],
    ['x $y', /expansion/],
    ['x `y`', /expansion/],
    ['x "$y"', /expansion/],
    ['x "`y`"', /expansion/],
    ['x #y', /expansion/],
    ["x 'y", /a ' is never closed/],
    ['x "y', /a " is never closed/],
    ['x "y\\"', /a " is never closed/],
    ["x 'y\\'z'", /a ' is never closed/],
    ['x\\', /ends in a backslash/],
    ['x "\\', /a " is never closed/],
    ['x\ny', /control character/],
    ["x 'y\nz'", /control character/],
    ['x\r', /control character/],
    ['x\0', /control character/],
    ["x '\u001B[2J'", /control character/],
    ['x \u0085', /control character/],
    ['x \u007F', /control character/],
    ['x'.repeat(4097), /too long/],
  ];
  for (const [command, tells] of bad) {
    it(`refuses ${JSON.stringify(command.slice(0, 40))}`, () => {
      const words = splitWords(command);
      assert.ok(!words.ok);
      assert.match(words.error, tells);
      assert.match(words.error, /^[\x20-\x7e]+$/);
    });
  }

  it('understands a command as sh does', () => {
    // Without ~ and the like, which stay themselves here; -f: the shell's * and ? do, too.
    const pieces = [
      'a',
      '-',
      '/',
      '.',
      '!',
      '*',
      '?',
      '[',
      '#',
      '%',
      ' ',
      '\t',
      "'",
      '"',
      '\\',
      '$',
      '`',
      ';',
      '|',
      '\\ ',
    ];
    const command = fc.oneof(
      fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((some) => some.join('')),
      fc
        .array(fc.constantFrom("'a b'", '"c \\" d"', "'\\''", '\\e', 'f', ' ', '""', "'$`'", '"\\$"'))
        .map((some) => some.join('')),
    );
    let understood = 0;
    fc.assert(
      fc.property(command, (text) => {
        const words = splitWords(text);
        // What is refused for expansion must not be run, so there is nothing to compare it with.
        if (!words.ok && !/never closed/.test(words.error)) return;
        const shell = spawnSync('sh', ['-fc', `printf '%s\\0' first ${text}`], { encoding: 'utf8' });
        if (words.ok) {
          understood++;
          assert.equal(shell.stdout, ['first', ...words.value, ''].join('\0'));
        } else assert.notEqual(shell.status, 0);
      }),
      { numRuns: 300 },
    );
    assert.ok(understood > 50);
  });

  it('gives back what git quotes', () => {
    const text = fc.string({ maxLength: 60, unit: 'grapheme' }).filter((some) => !/\p{Cc}/u.test(some));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), (words) => {
        // git's quote.c, sq_quote_buf().
        const quoted = words.map((word) => `'${word.replaceAll(/['!]/g, "'\\$&'")}'`).join(' ');
        assert.deepEqual(splitWords(quoted), { ok: true, value: words });
      }),
    );
  });
});
