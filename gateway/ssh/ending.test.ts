import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import type { CommandRequest, SshChannel, SshConnection } from './connection.ts';
import type { SshFault } from './fault.ts';
import { runTestCommand } from './testing/commands.ts';
import type { TestServer } from './testing/listen.ts';
import { kill, until } from './testing/until.ts';
import { createWorkbench } from './testing/workbench.ts';

const { openSsh, key, listen } = createWorkbench();

describe('the end', () => {
  type Ending = { readonly connection: SshConnection; readonly faults: (SshFault | undefined)[]; channel?: SshChannel };

  const listenAndWatch = async (
    options: object = {},
    onCommand: (channel: SshChannel, start: CommandRequest) => void = runTestCommand,
  ): Promise<{ server: TestServer; endings: Ending[] }> => {
    const endings: Ending[] = [];
    const server = await listen(options, [key.blob], (connection) => {
      const ending: Ending = { connection, faults: [] };
      endings.push(ending);
      connection.onClose = (fault) => ending.faults.push(fault);
      connection.onCommand = (channel, start) => {
        ending.channel = channel;
        onCommand(channel, start);
      };
    });
    return { server, endings };
  };

  const codeOf = (ending: Ending | undefined): string | undefined => {
    assert.equal(ending?.faults.length, 1, 'onClose is called once');
    return ending.faults[0]?.code;
  };

  test('in good order', async () => {
    const { server, endings } = await listenAndWatch();
    assert.equal((await openSsh.run(server.port, key, ['exit', '0'])).status, 0);
    await until(() => endings[0]?.faults.length === 1, 'the connection is closed');
    assert.equal(codeOf(endings[0]), undefined);
    assert.ok(endings[0]?.channel?.closed.aborted);
  });

  test('a client that is killed in mid-transfer', async () => {
    for (const command of [['pour', '10000000000'], ['hash'], ['wait']]) {
      const { server, endings } = await listenAndWatch();
      const child = spawn('ssh', [...openSsh.arguments(server.port, key), ...command], {
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      await until(() => endings[0]?.channel !== undefined, 'the command runs');
      await kill(child);
      await until(() => endings[0]?.faults.length === 1, 'the connection is closed');
      assert.equal(codeOf(endings[0]), 'SSH_CONNECTION_LOST');
      assert.ok(endings[0]?.channel?.closed.aborted);
    }
  });

  test('a client that is stopped is found out', async () => {
    const { server, endings } = await listenAndWatch({ keepalive: { intervalMs: 50, maxMissed: 3 } });
    const child = spawn('ssh', [...openSsh.arguments(server.port, key), 'wait'], { stdio: 'ignore' });
    await until(() => endings[0]?.channel !== undefined, 'the command runs');
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(endings[0]?.faults.length, 0, 'a client that answers stays');
    child.kill('SIGSTOP');
    await until(() => endings[0]?.faults.length === 1, 'the connection is closed');
    assert.equal(codeOf(endings[0]), 'SSH_KEEPALIVE_TIMEOUT');
    await kill(child);
  });

  test('disconnect tells the client why', async () => {
    const { server, endings } = await listenAndWatch({}, () =>
      endings[0]?.connection.disconnect('ByApplication', 'key removed'),
    );
    const result = await openSsh.run(server.port, key, ['wait']);
    assert.match(result.stderr, /Received disconnect from .*: key removed/);
    await until(() => endings[0]?.faults.length === 1, 'the connection is closed');
    assert.equal(codeOf(endings[0]), undefined);
    assert.ok(endings[0]?.channel?.closed.aborted);
  });

  test('abort drops what waits, says why, and leaves the connection alone', async () => {
    const { server } = await listenAndWatch({}, (channel) => {
      channel.write(Buffer.alloc(5_000_000));
      channel.abort(1, Buffer.from('no longer allowed\n'));
      channel.abort(2, Buffer.from('again'));
      channel.exit(3);
    });
    const result = await openSsh.run(server.port, key, ['wait']);
    assert.equal(result.status, 1);
    assert.equal(result.stderr, 'no longer allowed\n');
    assert.ok(result.stdout.length < 5_000_000);
  });

  test('a client with too many wrong keys', async () => {
    const { server, endings } = await listenAndWatch({ maxAttempts: 1 });
    const wrong = [openSsh.createKey('ed25519'), openSsh.createKey('ed25519')];
    const options = wrong.flatMap(({ file }) => ['-i', file]);
    assert.equal((await openSsh.run(server.port, key, ['exit', '0'], { options })).status, 255);
    await until(() => endings[0]?.faults.length === 1, 'the connection is closed');
    assert.equal(codeOf(endings[0]), 'SSH_TOO_MANY_ATTEMPTS');
  });

  test('bytes that are no packet are blamed on the client', async () => {
    const { server, endings } = await listenAndWatch();
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {}).resume();
    socket.write(`SSH-2.0-noise\r\n${'n'.repeat(64)}`);
    await until(() => endings[0]?.faults.length === 1, 'the connection is closed');
    assert.equal(codeOf(endings[0]), 'SSH_PROTOCOL_ERROR');
    assert.ok(endings[0]?.faults[0]?.cause instanceof Error);
  });

  test('a bug of ours is not, though it comes to light while its bytes are read', async () => {
    // Read when the keys have been exchanged, in the middle of ssh2's parser.
    const { server, endings } = await listenAndWatch({ signatureAlgorithms: undefined });
    const result = await openSsh.run(server.port, key, ['exit', '0']);
    assert.equal(result.status, 255);
    assert.match(result.stderr, /Received disconnect from .*: the server failed/);
    await until(() => endings[0]?.faults.length === 1, 'the connection is closed');
    assert.equal(codeOf(endings[0]), 'SSH_INTERNAL_ERROR');
    assert.ok(endings[0]?.faults[0]?.cause instanceof TypeError);
  });

  test('what a handler throws ends its connection and nothing else', async () => {
    const { server, endings } = await listenAndWatch({}, () => {
      throw new Error('a bug');
    });
    assert.equal((await openSsh.run(server.port, key, ['wait'])).status, 255);
    await until(() => endings[0]?.faults.length === 1, 'the connection is closed');
    assert.equal(codeOf(endings[0]), 'SSH_HANDLER_FAILED');
    assert.equal(String(endings[0]?.faults[0]?.cause), 'Error: a bug');
  });
});
