import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { kill, until } from './testing/until.ts';
import { createWorkbench } from './testing/workbench.ts';

const { openSsh, key, listen } = createWorkbench();

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('keys that are exchanged anew', () => {
  const size = 200_000_000;
  const block = Buffer.alloc(1_000_000, 'rekey ');
  const input = (): Readable =>
    Readable.from(
      (function* () {
        for (let sent = 0; sent < size; sent += block.length) yield block;
      })(),
    );
  const expected = (): string => {
    const hash = createHash('sha256');
    for (let sent = 0; sent < size; sent += block.length) hash.update(block);
    return hash.digest('hex');
  };

  test('by the client, every MiB, during transfers both ways', { timeout: 60_000 }, async () => {
    const server = await listen();
    const options = ['-o', 'RekeyLimit=1M'];
    const result = await openSsh.run(server.port, key, ['echo'], { options, input: input() });
    assert.equal(result.stderr, '');
    assert.equal(sha256(result.stdout), expected());
  });

  test('by us, by bytes', { timeout: 60_000 }, async () => {
    const server = await listen({ rekey: { bytes: 5_000_000, intervalMs: 3_600_000 } });
    const options = ['-o', 'LogLevel=DEBUG1'];
    const result = await openSsh.run(server.port, key, ['echo'], { options, input: input() });
    assert.equal(sha256(result.stdout), expected());
    assert.ok((result.stderr.match(/SSH2_MSG_NEWKEYS received/g) ?? []).length > 20);
  });

  test('by us, by time', async () => {
    const keepalive = { intervalMs: 50, maxMissed: 3 };
    const server = await listen({ keepalive, rekey: { bytes: 1e9, intervalMs: 100 } });
    const child = spawn('ssh', [...openSsh.arguments(server.port, key, ['-o', 'LogLevel=DEBUG1']), 'wait']);
    let log = '';
    child.stderr.on('data', (bytes) => {
      log += bytes;
    });
    await until(() => (log.match(/SSH2_MSG_NEWKEYS received/g) ?? []).length > 3, 'four key exchanges');
    await kill(child);
  });
});
