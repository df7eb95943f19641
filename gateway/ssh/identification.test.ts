import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createIdentificationReader } from './identification.ts';

describe('the identification line', () => {
  const good: readonly [string, string][] = [
    ['SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n', 'OpenSSH_9.2p1'],
    ['SSH-2.0-x\n', 'x'],
    ['SSH-1.99-old\r\n', 'old'],
    [`SSH-2.0-${'v'.repeat(245)}\r\n`, 'v'.repeat(245)],
  ];
  for (const [line, softwareVersion] of good) {
    test(`is read: ${line.slice(0, 40).trim()}`, () => {
      const identification = createIdentificationReader()(Buffer.from(`${line}rest`));
      assert.deepEqual(identification, {
        status: 'Complete',
        line: Buffer.from(line),
        rest: Buffer.from('rest'),
        softwareVersion,
      });
    });
  }

  const bad: readonly string[] = [
    'GET / HTTP/1.1\r\n',
    'SSH-1.5-ancient\r\n',
    'SSH-2.0-\r\n',
    'SSH-2.0- x\r\n',
    'SSH-2.0-a\0b\r\n',
    'SSH-2.0-\u001b[2J\r\n',
    'SSH-2.0-a\rb\r\n',
    '\r\nSSH-2.0-x\r\n',
    `SSH-2.0-${'v'.repeat(246)}\r\n`,
    'x'.repeat(255),
  ];
  for (const line of bad) {
    test(`is refused: ${JSON.stringify(line.slice(0, 40))}`, () => {
      assert.deepEqual(createIdentificationReader()(Buffer.from(line)), { status: 'Invalid' });
    });
  }

  test('may come in pieces of any size', () => {
    const read = createIdentificationReader();
    for (const character of 'SSH-2.0-slow\r') {
      assert.equal(read(Buffer.from(character)).status, 'Incomplete');
    }
    assert.deepEqual(read(Buffer.from('\nrest')), {
      status: 'Complete',
      line: Buffer.from('SSH-2.0-slow\r\n'),
      rest: Buffer.from('rest'),
      softwareVersion: 'slow',
    });
  });
});
