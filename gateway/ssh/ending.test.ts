import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, describe, test } from 'node:test';
import type { CommandRequest, SshChannel, SshConnection } from './connection.ts';
import { SshFault } from './fault.ts';
import { generateHostKey } from './host-keys.ts';
import { runTestCommand } from './testing/commands.ts';
import { listenForTests, type TestServer } from './testing/listen.ts';
import { createOpenSsh } from './testing/openssh.ts';
import { kill, until } from './testing/until.ts';

const openSsh = createOpenSsh();
const hostKeys = [generateHostKey('ed25519').privateKey, generateHostKey('rsa').privateKey];
const key = openSsh.createKey('ed25519');
const servers: TestServer[] = [];
after(async () => {
  await Promise.all(servers.map((server) => server.close()));
  openSsh.remove();
});

const listen = async (...options: Parameters<typeof listenForTests>): Promise<TestServer> => {
  const server = await listenForTests(...options);
  servers.push(server);
  return server;
};

describe('the end', () => {
  type Ending = { readonly connection: SshConnection; readonly errors: (Error | undefined)[]; channel?: SshChannel };

  const listenAndWatch = async (
    options: object = {},
    onCommand: (channel: SshChannel, start: CommandRequest) => void = runTestCommand,
  ): Promise<{ server: TestServer; endings: Ending[] }> => {
    const endings: Ending[] = [];
    const server = await listen({ hostKeys, ...options }, [key.blob], (connection) => {
      const ending: Ending = { connection, errors: [] };
      endings.push(ending);
      connection.onClose = (error) => ending.errors.push(error);
      connection.onCommand = (channel, start) => {
        ending.channel = channel;
        onCommand(channel, start);
      };
    });
    return { server, endings };
  };

  const codeOf = (ending: Ending | undefined): string | undefined => {
    assert.equal(ending?.errors.length, 1, 'onClose is called once');
    const [error] = ending.errors;
    return error instanceof SshFault ? error.code : undefined;
  };

  test('in good order', async () => {
    const { server, endings } = await listenAndWatch();
    assert.equal((await openSsh.run(server.port, key, ['exit', '0'])).status, 0);
    await until(() => endings[0]?.errors.length === 1, 'the connection is closed');
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
      await until(() => endings[0]?.errors.length === 1, 'the connection is closed');
      assert.equal(codeOf(endings[0]), 'SSH_CONNECTION_LOST');
      assert.ok(endings[0]?.channel?.closed.aborted);
    }
  });

  test('a client that is stopped is found out', async () => {
    const { server, endings } = await listenAndWatch({ keepalive: { intervalMs: 50, maxMissed: 3 } });
    const child = spawn('ssh', [...openSsh.arguments(server.port, key), 'wait'], { stdio: 'ignore' });
    await until(() => endings[0]?.channel !== undefined, 'the command runs');
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(endings[0]?.errors.length, 0, 'a client that answers stays');
    child.kill('SIGSTOP');
    await until(() => endings[0]?.errors.length === 1, 'the connection is closed');
    assert.equal(codeOf(endings[0]), 'SSH_KEEPALIVE_TIMEOUT');
    await kill(child);
  });

  test('disconnect tells the client why', async () => {
    const { server, endings } = await listenAndWatch({}, () =>
      endings[0]?.connection.disconnect('ByApplication', 'key removed'),
    );
    const result = await openSsh.run(server.port, key, ['wait']);
    assert.match(result.stderr, /Received disconnect from .*: key removed/);
    await until(() => endings[0]?.errors.length === 1, 'the connection is closed');
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

  test('what a handler throws ends its connection and nothing else', async () => {
    const { server, endings } = await listenAndWatch({}, () => {
      throw new Error('a bug');
    });
    assert.equal((await openSsh.run(server.port, key, ['wait'])).status, 255);
    await until(() => endings[0]?.errors.length === 1, 'the connection is closed');
    assert.equal(codeOf(endings[0]), 'SSH_HANDLER_FAILED');
    assert.equal(String(endings[0]?.errors[0]?.cause), 'Error: a bug');
  });
});
