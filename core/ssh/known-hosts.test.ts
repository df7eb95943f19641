import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatKnownHosts } from './known-hosts.ts';

for (const [host, expected] of [
  ['git.example.com', 'git.example.com'],
  ['Git.Example.COM', 'git.example.com'],
  ['git.example.com:22', 'git.example.com'],
  ['git.example.com:2222', '[git.example.com]:2222'],
  ['192.0.2.1:2222', '[192.0.2.1]:2222'],
  ['[2001:db8::1]:2222', '[2001:db8::1]:2222'],
  ['[2001:db8::1]:22', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['2001:db8::1', '2001:db8::1'],
] as const)
  test(`${host} is known as ${expected}`, () =>
    assert.equal(formatKnownHosts([host], ['ssh-ed25519 AAAA']), `${expected} ssh-ed25519 AAAA\n`));

test('a line for each host and key', () => {
  assert.equal(formatKnownHosts(['a', 'b'], ['x 1', 'y 2']), 'a x 1\na y 2\nb x 1\nb y 2\n');
  assert.equal(formatKnownHosts([], ['x 1']), '');
});
