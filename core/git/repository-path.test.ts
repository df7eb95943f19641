import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isValidRepositoryPath, normalizePath, repositoryPathPattern } from './repository-path.ts';

describe('a repository path', () => {
  const valid = [
    'a',
    'team-a/website',
    'a/b/c/d',
    'Team/App_2.x',
    '_private/x',
    '0/1',
    'a..b',
    'git/x',
    'a.git-mirror/b',
    'lock/gitlock',
    'a'.repeat(255),
  ];
  for (const path of valid) {
    it(`is valid: ${path.slice(0, 40)}`, () => {
      assert.equal(isValidRepositoryPath(path), true);
      for (const sent of [path, `/${path}`, `${path}.git`, `//${path}.git//`, `${path}/`]) {
        assert.deepEqual(normalizePath(sent), { ok: true, value: path });
      }
    });
  }

  const invalid: readonly (readonly [string, RegExp])[] = [
    ['', /missing/],
    ['a//b', /empty part/],
    ['a/.git', /empty part/],
    ['.', /no "\."/],
    ['..', /no "\."/],
    ['a/../b', /no "\."/],
    ['a/./b', /no "\."/],
    ['a/..', /no "\."/],
    ['.hidden/a', /begins with/],
    ['a/.ssh', /begins with/],
    ['...', /begins with/],
    ['-a/b', /begins with/],
    ['a/-b', /begins with/],
    ['~', /home directories/],
    ['~/a', /home directories/],
    ['~alice/a', /home directories/],
    ['a/~b', /ASCII/],
    ['a\\b', /backslash/],
    ['a b', /ASCII/],
    ['a\tb', /ASCII/],
    ['a\nb', /ASCII/],
    ['a/b\n', /ASCII/],
    ['a\0b', /ASCII/],
    ['ünïcode/a', /ASCII/],
    ['a/\u202Eb', /ASCII/],
    ['a/\uFFFD', /ASCII/],
    ['host:a/b', /ASCII/],
    ['a%2e%2e/b', /ASCII/],
    ['a.git/b', /ends in/],
    ['a.lock/b', /ends in/],
    ['a/b.lock', /ends in/],
    ['a'.repeat(256), /at most 255/],
    ['a'.repeat(100_000), /at most 255/],
  ];
  for (const [path, tells] of invalid) {
    it(`is invalid: ${JSON.stringify(path.slice(0, 40))}`, () => {
      assert.equal(isValidRepositoryPath(path), false);
      const normalized = normalizePath(path);
      assert.ok(!normalized.ok);
      assert.match(normalized.error, tells);
    });
  }

  it('loses one .git only, so none may end in it', () => {
    assert.equal(isValidRepositoryPath('a/b.git'), false);
    assert.match(JSON.stringify(normalizePath('a/b.git.git')), /ends in/);
  });

  it('is spelt alike by everything that normalizes to it', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom('a', 'B', '-', '.', '..', '/', '.git', '.lock', '~', '_')).map((some) => some.join('')),
    );
    fc.assert(
      fc.property(text, (raw) => {
        const normalized = normalizePath(raw);
        if (normalized.ok) {
          assert.ok(isValidRepositoryPath(normalized.value));
          assert.match(normalized.value, repositoryPathPattern);
          assert.deepEqual(normalizePath(normalized.value), normalized);
        } else assert.match(normalized.error, /^[\x20-\x7e]{1,200}$/);
        if (isValidRepositoryPath(raw)) assert.deepEqual(normalized, { ok: true, value: raw });
      }),
      { numRuns: 2000 },
    );
  });
});
