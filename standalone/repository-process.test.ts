import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '../runtime/config/load-config.ts';
import { StartupError } from '../runtime/startup-error.ts';
import { createLogLines } from '../runtime/testing/log-lines.ts';
import { openDataFolder } from './data-folder.ts';
import { type RepositoryProcess, startRepositoryProcess } from './repository-process.ts';

/** Starts the real repository server in a data folder of its own; what is logged about it is kept. */
async function start(context: TestContext, folder?: string) {
  const path = folder ?? (await mkdtemp(join(tmpdir(), 'repo-')));
  const line = loadConfig({
    accepted: { options: ['data', 'shutdown'] },
    argv: ['--data', path, '--shutdown-grace-period', '1s'],
    environment: {},
  });
  if (!line.ok || line.value === 'help') return assert.fail('no configuration');
  const { log, lines } = createLogLines();
  // The server's own lines go to our standard output.
  const config = { ...line.value.config, log: { ...line.value.config.log, level: 'error' as const } };
  const process = await startRepositoryProcess({ config, data: await openDataFolder(path), log });
  context.after(async () => {
    process.destroy();
    await process.close();
    await rm(path, { recursive: true, force: true });
  });
  const pid = (): number => Number(lines.findLast((each) => 'repositoryPid' in each)?.repositoryPid);
  return { process, pid, path };
}

const answers = (server: RepositoryProcess): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(server.address.path);
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await condition()); tries++) {
    assert.ok(tries < 500, 'waited for ten seconds');
    await sleep(20);
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('the repository server listens, gives its metrics, and ends when it is closed', async (context) => {
  const { process: server, pid } = await start(context);
  assert.ok(server.isUp && (await answers(server)));
  const metrics = await server.metrics();
  assert.match(metrics, /^git_ingress_repository_processes 0$/m);
  assert.doesNotMatch(metrics, /nodejs_|build_info/);
  await server.close();
  assert.equal(isAlive(pid()), false);
  assert.equal(await server.metrics(), '');
  await server.close();
});

test('a repository server that is killed is started again', async (context) => {
  const { process: server, pid } = await start(context);
  const first = pid();
  process.kill(first, 'SIGKILL');
  await until(() => !server.isUp);
  await until(() => server.isUp);
  assert.notEqual(pid(), first);
  assert.ok(await answers(server));
});

test('closing while it is being started again leaves none behind', async (context) => {
  const { process: server, pid } = await start(context);
  process.kill(pid(), 'SIGKILL');
  await until(() => !server.isUp);
  await sleep(150);
  await server.close();
  assert.equal(server.isUp, false);
  assert.equal(await answers(server), false);
  assert.equal(isAlive(pid()), false);
});

test('a server that cannot start says why in its own words', async (context) => {
  const { path } = await start(context);
  await assert.rejects(start(context, path), (error) => {
    assert.ok(error instanceof StartupError);
    assert.match(error.message, /the repository server: another repository server is running on the data folder /);
    return true;
  });
});
