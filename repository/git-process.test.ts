import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { spawnGit } from './git-process.ts';

let folder: string;
let server: net.Server;
let socket: net.Socket;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spawn-'));
  server = net.createServer((peer) => void peer.on('error', () => {}));
  await new Promise<void>((resolve) => void server.listen(join(folder, 'socket'), resolve));
  socket = net.connect(join(folder, 'socket'));
  await new Promise((resolve) => socket.once('connect', resolve));
  await writeFile(join(folder, 'not-executable'), '');
  await writeFile(join(folder, 'killed'), '#!/bin/sh\nkill -KILL $$\n');
  await chmod(join(folder, 'killed'), 0o755);
});
after(async () => {
  socket.destroy();
  server.close();
  await rm(folder, { recursive: true });
});

const spawn = (name: string) => spawnGit({ git: join(folder, name), arguments: [], environment: {} }, socket);

for (const [problem, name] of [
  ['ENOENT', 'absent'],
  ['EACCES', 'not-executable'],
] as const)
  test(`a git that cannot be started: ${problem} is its cause`, async () => {
    await assert.rejects(spawn(name), (error) => {
      assert.ok(error instanceof Error);
      assert.match(error.message, /could not be started$/);
      assert.equal((error.cause as NodeJS.ErrnoException).code, problem);
      return true;
    });
  });

test('the exit status of one that was killed is as a shell would give it', async () => {
  const child = await spawn('killed');
  assert.equal(await child.exited, 137);
});
