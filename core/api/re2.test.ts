import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refPatternSyntax } from '../access/ref-pattern.ts';
import { toRe2 } from './re2.ts';

const taken: readonly [regex: RegExp, re2: string][] = [
  [/^[a-z]+(?:\.[a-z]+)*$/, String.raw`^[a-z]+(?:\.[a-z]+)*$`],
  [/\/a[/]\d{1,9}/, String.raw`/a[/]\d{1,9}`],
  [/[\0- \uFFFD\x7f[\]\\-]/, String.raw`[\x00- \x{FFFD}\x7f[\]\\-]`],
  [/^[^\u{1F600}\u{7F}-\u{9F}.]*$/u, String.raw`^[^\x{1F600}\x{7F}-\x{9F}.]*$`],
  [refPatternSyntax, refPatternSyntax.source.replaceAll(String.raw`\/`, '/')],
];
for (const [regex, re2] of taken) test(`${regex} in RE2`, () => assert.equal(toRe2(regex), re2));

// biome-ignore-start lint/correctness/noEmptyCharacterClassInRegex: what is wrong here is the point
const refused: readonly RegExp[] = [
  /a/i,
  /a/m,
  /^a$/s,
  /(?=a)/,
  /(?!a)/,
  /(?<=a)/,
  /(?<!a)/,
  /(?<name>a)/,
  /(a)\1/,
  /\s/,
  /\w/,
  /\ba/,
  /a./,
  /[^a]/,
  /[]/,
  /[[:a]/,
  /a{1001}/,
  /a{1,1001}/,
  /a{1001,}/,
  /\cA/,
  /\p{L}/u,
];
// biome-ignore-end lint/correctness/noEmptyCharacterClassInRegex: see above
for (const regex of refused) test(`${regex} is refused`, () => assert.throws(() => toRe2(regex), /^Error: \//));
