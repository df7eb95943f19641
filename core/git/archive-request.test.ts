import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseArchiveRequest } from './archive-request.ts';

const packet = (line: string): string => (Buffer.byteLength(line) + 4).toString(16).padStart(4, '0') + line;
const request = (...args: readonly string[]): Buffer =>
  Buffer.from(`${args.map((arg) => packet(`argument ${arg}\n`)).join('')}0000`);

const verdict = (bytes: Buffer): 'whole' | 'partial' | 'refused' => {
  const parsed = parseArchiveRequest(bytes);
  if (!parsed.ok) return 'refused';
  return parsed.value === undefined ? 'partial' : 'whole';
};

describe('archive requests', () => {
  const good: readonly (readonly string[])[] = [
    ['HEAD'],
    ['--format=tar', '--prefix=app-1.0/', 'v1.0', 'docs', 'src'],
    ['--format=tar.gz', '-9', 'HEAD'],
    ['-l'],
    ['-v', 'HEAD', '--', '--add-file=is-a-path-here'],
  ];
  for (const args of good) it(`lets through ${args.join(' ')}`, () => assert.equal(verdict(request(...args)), 'whole'));

  const bad: readonly (readonly string[])[] = [
    ['--add-file=/etc/passwd', 'HEAD'],
    ['--add-f=/etc/passwd', 'HEAD'],
    ['--add-file', '/etc/passwd', 'HEAD'],
    ['--add-virtual-file=a:b', 'HEAD'],
    ['--output=/tmp/x', 'HEAD'],
    ['-o/tmp/x', 'HEAD'],
    ['--remote=elsewhere', 'HEAD'],
    ['--exec=evil', 'HEAD'],
    ['--worktree-attributes', 'HEAD'],
    ['--format=tar.x', 'HEAD'],
    ['-'],
    Array.from({ length: 65 }, () => 'a'),
  ];
  for (const args of bad)
    it(`refuses ${args.slice(0, 2).join(' ')}`, () => assert.equal(verdict(request(...args)), 'refused'));

  it('waits for the rest, split at any byte', () => {
    const whole = request('--format=zip', 'HEAD');
    for (let length = 0; length < whole.length; length++) {
      assert.equal(verdict(whole.subarray(0, length)), 'partial', String(length));
    }
    const parsed = parseArchiveRequest(Buffer.concat([whole, Buffer.from('more')]));
    assert.ok(parsed.ok);
    assert.equal(parsed.value?.length, whole.length);
  });

  it('refuses what git would not send', () => {
    for (const text of ['GET / HTTP/1.0', '0003', '0009other0000', 'argument HEAD\n']) {
      assert.equal(verdict(Buffer.from(text)), 'refused', text);
    }
  });
});
