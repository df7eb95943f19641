import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseGitProtocol } from './git-protocol.ts';

describe('GIT_PROTOCOL', () => {
  for (const value of ['version=2', 'version=1', 'version=2:foo=a.b_c-1', 'x', 'a'.repeat(255)]) {
    it(`is passed on: ${value.slice(0, 40)}`, () => assert.equal(parseGitProtocol(value), value));
  }
  const ignored = [
    '',
    ':',
    'a:',
    ':a',
    'a::b',
    'version=2\n',
    'version 2',
    'VERSION=2',
    'a;b',
    'a\0',
    'é',
    'a'.repeat(256),
  ];
  for (const value of ignored) {
    it(`is ignored: ${JSON.stringify(value.slice(0, 40))}`, () => assert.equal(parseGitProtocol(value), undefined));
  }
});
