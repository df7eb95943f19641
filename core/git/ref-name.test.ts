import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isPushableRef, isValidBranchName, isValidRefName } from './ref-name.ts';

const gitAccepts = (...options: string[]): boolean => spawnSync('git', ['check-ref-format', ...options]).status === 0;

const pieces = ['a', 'B', 'é', '/', '.', '..', '@', '{', '@{', '-', '.lock', '~', '^', ':', '?', '*', '[', '\\', ' '];
const anyName = fc.array(fc.constantFrom(...pieces, '\t', '\u007F', 'lock', '%', '\u0085'), { maxLength: 6 });

describe('isValidRefName', () => {
  const valid = [
    'refs/heads/main',
    'refs/tags/v1.0',
    'refs/heads/a/b/c',
    'refs/heads/@',
    'refs/heads/-x',
    'refs/heads/ü',
  ];
  for (const ref of [...valid, 'refs/notes/commits', 'refs/stash', `refs/heads/${'x'.repeat(1013)}`]) {
    it(`takes ${ref.slice(0, 40)}`, () => assert.equal(isValidRefName(ref), true));
  }

  const invalid = ['', 'HEAD', 'main', 'heads/main', 'refs', 'refs/', '/refs/heads/main', 'Refs/heads/main'];
  const invalidParts = ['', 'a/', 'a//b', '.a', 'a/.b', 'a.', 'a..b', 'a.lock', 'a.lock/b', 'a@{1}', 'a b', 'a\\b'];
  const tooLong = `refs/heads/${'ü'.repeat(507)}`;
  const unclear = ['refs/heads/\uFFFD', 'refs/heads/\uD800', 'refs/heads/a\nb', 'refs/heads/a\0', tooLong];
  for (const ref of [...invalid, ...invalidParts.map((part) => `refs/heads/${part}`), ...unclear]) {
    it(`refuses ${JSON.stringify(ref.slice(0, 40))}`, () => assert.equal(isValidRefName(ref), false));
  }

  it('agrees with git check-ref-format', () => {
    fc.assert(
      fc.property(anyName, (some) => {
        const ref = `refs/${some.join('')}`;
        assert.equal(isValidRefName(ref), gitAccepts(ref));
      }),
      { numRuns: 250 },
    );
  });
});

describe('isValidBranchName', () => {
  for (const name of ['main', 'release/1.x', 'feature/ü', 'a-b', 'HEAD/x', 'refsx', '@x']) {
    it(`takes ${name}`, () => assert.equal(isValidBranchName(name), true));
  }
  for (const name of [
    '',
    'HEAD',
    '@',
    '-x',
    '--help',
    'refs/heads/main',
    '/main',
    'main/',
    'a..b',
    'a.lock',
    'a b',
    '.x',
  ]) {
    it(`refuses ${JSON.stringify(name)}`, () => assert.equal(isValidBranchName(name), false));
  }

  it('takes nothing that git would not make a branch of', () => {
    fc.assert(
      fc.property(anyName, (some) => {
        const name = some.join('');
        if (isValidBranchName(name)) assert.ok(gitAccepts('--branch', name));
      }),
      { numRuns: 250 },
    );
  });
});

it('what can be pushed', () => {
  const good = [
    'refs/heads/main',
    'refs/tags/v1',
    'refs/notes/commits',
    'refs/meta/config',
    `refs/heads/${'a'.repeat(250)}`,
  ];
  const bad = [
    ...['refs/replace/0123', 'refs/worktree/x', 'refs/bisect/bad', 'refs/rewritten/x', 'refs/stash', 'refs/foo'],
    ...['refs/heads/HEAD', 'refs/heads/refs/heads/main', 'refs/tags/refs/x', `refs/heads/${'a'.repeat(251)}`, 'main'],
  ];
  for (const ref of good) assert.ok(isPushableRef(ref), ref);
  for (const ref of bad) assert.ok(!isPushableRef(ref), ref);
});
