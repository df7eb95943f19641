import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matchesRefPattern, refPatternSyntax } from './ref-pattern.ts';

const matches: readonly [pattern: string, ref: string, expected: boolean][] = [
  ['refs/heads/main', 'refs/heads/main', true],
  ['refs/heads/main', 'refs/heads/main2', false],
  ['refs/heads/main', 'refs/heads/mai', false],
  ['refs/heads/*', 'refs/heads/main', true],
  ['refs/heads/*', 'refs/heads/release/1', false],
  ['refs/heads/rel-*', 'refs/heads/rel-', true],
  ['refs/heads/rel-*-x', 'refs/heads/rel-1-x-2-x', true],
  ['refs/heads/rel-*-x', 'refs/heads/rel-1-y', false],
  ['refs/heads/release/**', 'refs/heads/release/1.0', true],
  ['refs/heads/release/**', 'refs/heads/release/1.0/fix', true],
  ['refs/heads/release/**', 'refs/heads/release', false],
  ['refs/heads/release/**', 'refs/heads/release/', false],
  ['refs/**/wip', 'refs/heads/a/b/wip', true],
  ['refs/**/wip', 'refs/wip', false],
  ['refs/**', 'refs/tags/v1', true],
  ['refs/heads/a.c', 'refs/heads/abc', false],
  ['refs/heads/*', 'refs/heads/über', true],
];

describe('ref patterns', () => {
  for (const [pattern, ref, expected] of matches) {
    it(`${pattern} ${expected ? 'matches' : 'does not match'} ${ref}`, () => {
      assert.equal(matchesRefPattern(pattern, ref), expected);
    });
  }

  it('takes no exponential time, however many wildcards there are', () => {
    assert.equal(matchesRefPattern(`refs/heads/${'*a'.repeat(100)}`, `refs/heads/${'a'.repeat(900)}b`), false);
  });

  it('accepts whole segments of ** alone, and only full refs', () => {
    const good = ['refs/heads/main', 'refs/heads/*', 'refs/**', 'refs/heads/release-*', 'refs/tags/v*.*'];
    const bad = [
      'main',
      'refs',
      'refs/',
      'refs/heads/',
      'refs/heads/a**',
      'refs/he ads/x',
      'refs/heads/[ab]',
      '/refs/x',
    ];
    for (const pattern of good) assert.match(pattern, refPatternSyntax);
    for (const pattern of bad) assert.doesNotMatch(pattern, refPatternSyntax);
  });
});
