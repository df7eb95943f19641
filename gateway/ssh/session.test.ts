import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { before, describe, test } from 'node:test';
import type { SshConnection } from './connection.ts';
import type { TestServer } from './testing/listen.ts';
import { kill, until } from './testing/until.ts';
import { createWorkbench } from './testing/workbench.ts';

const { openSsh, key, listen } = createWorkbench();

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('a session', () => {
  let server: TestServer;
  before(async () => {
    server = await listen();
  });

  const cases: readonly { name: string; command: string[]; options?: string[]; input?: Buffer; expected: object }[] = [
    { name: 'a shell (ssh -T)', command: [], options: ['-T'], expected: { status: 0, stderr: 'hello\n' } },
    { name: 'ssh -n', command: ['hash'], options: ['-n'], expected: { status: 0, stdout: sha256(Buffer.alloc(0)) } },
    { name: 'status 0', command: ['exit', '0'], expected: { status: 0 } },
    { name: 'status 1', command: ['exit', '1'], expected: { status: 1 } },
    { name: 'status 128', command: ['exit', '128'], expected: { status: 128 } },
    { name: 'status 254', command: ['exit', '254'], expected: { status: 254 } },
    {
      name: 'a long complaint, and then the status',
      command: ['moan', '4000000'],
      expected: { status: 1, stderr: 'o'.repeat(4_000_000) },
    },
    { name: 'an unknown command', command: ['what'], expected: { status: 127, stderr: 'hello\n' } },
    {
      name: 'a subsystem is refused',
      command: ['sftp'],
      options: ['-s'],
      expected: { status: 255, stderr: 'subsystem request failed on channel 0\r\n' },
    },
    {
      name: 'of the environment GIT_PROTOCOL and nothing else',
      command: ['env'],
      options: ['-o', 'SetEnv=GIT_PROTOCOL=version=2 LC_ALL=C'],
      expected: { status: 0, stdout: '{"gitProtocol":"version=2"}' },
    },
    {
      name: 'input that comes before anybody reads is kept',
      command: ['later'],
      input: Buffer.alloc(5_000_000, 'kept '),
      expected: { status: 0, stdout: sha256(Buffer.alloc(5_000_000, 'kept ')) },
    },
  ];
  for (const { name, command, options = [], input, expected } of cases) {
    test(name, async () => {
      const result = await openSsh.run(server.port, key, command, { options, ...(input && { input }) });
      assert.deepEqual(
        { ...result, stdout: result.stdout.toString(), ...expected },
        {
          ...result,
          stdout: result.stdout.toString(),
        },
      );
    });
  }

  test('a terminal is refused, and the shell goes on', async () => {
    const command = ['ssh', ...openSsh.arguments(server.port, key)].join(' ');
    // script(1) gives ssh a terminal, so that it asks the server for one.
    const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const output = buffer(child.stdout);
    assert.deepEqual(await once(child, 'close'), [0, null]);
    assert.match((await output).toString(), /PTY allocation request failed.*hello/s);
  });

  test('both outputs at once, to a client that stalls', async () => {
    const total = 20_000_000;
    const child = spawn('ssh', [...openSsh.arguments(server.port, key), 'both', String(total)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const closed = once(child, 'close');
    // Neither is read until the windows have been shut for a while.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const counts = { stdout: 0, stderr: 0 };
    child.stdout.on('data', (bytes: Buffer) => {
      counts.stdout += bytes.length;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    child.stderr.on('data', (bytes: Buffer) => {
      counts.stderr += bytes.length;
    });
    assert.deepEqual(await closed, [7, null]);
    assert.deepEqual(counts, { stdout: total, stderr: total });
  });

  test('ten at once on one connection, and no eleventh', async () => {
    const control = ['-o', `ControlPath=${join(openSsh.folder, 'control')}`];
    const master = spawn('ssh', [...openSsh.arguments(server.port, key, [...control, '-M', '-N'])], {
      stdio: 'ignore',
    });
    try {
      const isUp = async (): Promise<boolean> =>
        (await openSsh.run(server.port, key, [], { options: [...control, '-O', 'check'] })).status === 0;
      while (!(await isUp())) assert.equal(master.exitCode, null);
      const before = server.connections.length;
      const connection = server.connections.at(-1) as SshConnection;
      const waiting = Array.from({ length: 9 }, () =>
        spawn('ssh', [...openSsh.arguments(server.port, key, control), 'wait'], { stdio: 'ignore' }),
      );
      await until(() => connection.openChannels === 9, 'nine sessions');
      const tenth = await openSsh.run(server.port, key, ['exit', '9'], { options: control });
      assert.equal(tenth.status, 9);
      waiting.push(spawn('ssh', [...openSsh.arguments(server.port, key, control), 'wait'], { stdio: 'ignore' }));
      await until(() => connection.openChannels === 10, 'ten sessions');
      // Without a master that has room, ssh makes a connection of its own.
      const eleventh = await openSsh.run(server.port, key, ['exit', '9'], { options: control });
      assert.notEqual(eleventh.status, 0);
      assert.equal(connection.openChannels, 10);
      assert.ok(server.connections.length <= before + 1);
      await Promise.all(waiting.map(kill));
      await until(() => connection.openChannels === 0, 'all sessions closed');
    } finally {
      await kill(master);
    }
  });

  test('forwarding is refused', async (t) => {
    const target = createServer((socket) => socket.end('reached'));
    t.after(() => target.close());
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    const { port } = target.address() as { port: number };
    const result = await openSsh.run(server.port, key, [], { options: ['-W', `127.0.0.1:${port}`] });
    assert.equal(result.status, 255);
    assert.match(result.stderr, /stdio forwarding failed/);
    assert.equal(result.stdout.length, 0);
    const remote = await openSsh.run(server.port, key, ['exit', '4'], {
      options: ['-R', `0:127.0.0.1:${port}`, '-o', 'ExitOnForwardFailure=yes'],
    });
    assert.equal(remote.status, 255);
  });
});
