import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { formatLinkPublicKey } from '../../core/link/link-key.ts';
import { createRepositoryDialer } from '../../gateway/link/dialer.ts';
import { makeHome } from '../harness/standalone.ts';
import { buildRequest, createSurroundings, until } from './surroundings.ts';

const standInGit = fileURLToPath(new URL('./stand-in-git.sh', import.meta.url));
const request = () => ({ ...buildRequest('reader', 'upload-pack'), gitProtocol: 'echo' });
const never = new AbortController().signal;

test('keys change on a connection that lives on, and so does what runs on it', async (context) => {
  const world = await createSurroundings({ git: standInGit });
  context.after(() => world.close());
  const next = generateKeyPairSync('ed25519');
  const running = await world.dialer.open(request(), never);

  // Both are honoured while they overlap.
  world.server.useLinkKeys([world.keys.publicKey, next.publicKey]);
  for (const key of [world.keys.privateKey, next.privateKey]) {
    world.dialer.useSigningKey(key);
    const session = await world.dialer.open(request(), never);
    session.end();
    assert.equal(await session.ended, 0);
  }
  world.server.useLinkKeys([next.publicKey]);
  world.dialer.useSigningKey(world.keys.privateKey);
  await assert.rejects(world.dialer.open(request(), never), { code: 'Rejected' });
  world.dialer.useSigningKey(next.privateKey);
  (await world.dialer.open(request(), never)).end();

  running.end();
  assert.equal(await running.ended, 0);
  assert.equal(world.events.filter(({ type }) => type === 'LinkOpened').length, 1);
  const refused = world.events.filter((event) => event.type === 'TicketRefused');
  assert.deepEqual(
    refused.map(({ problem }) => problem),
    ['UnknownKey'],
  );
});

test('a repository server takes up keys that appear in its file, and keeps them when the file is spoilt', async (context) => {
  const folder = makeHome();
  const path = join(folder, 'link.sock');
  const [first, second] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
  const program = fileURLToPath(new URL('./repository-process.ts', import.meta.url));
  const publicKey = formatLinkPublicKey(first.publicKey);
  const options = JSON.stringify({ path, dataDir: join(folder, 'data'), publicKey });
  const child = spawn(process.execPath, [program, options], { stdio: ['ignore', 'pipe', 'inherit'] });
  context.after(() => child.kill('SIGKILL'));
  let isListening = false;
  child.stdout.once('data', () => {
    isListening = true;
  });
  await until(() => isListening);
  const dialer = createRepositoryDialer({
    ...{ address: { path }, podName: 'pool-0', signingKey: second.privateKey },
    log: pino({ level: 'silent' }),
  });
  context.after(() => dialer.close());
  const isServed = () =>
    dialer.open(buildRequest('reader', 'upload-pack'), never).then(
      (session) => {
        session.cancel('it was let in, which is all');
        return true;
      },
      ({ code }) => {
        assert.equal(code, 'Rejected');
        return false;
      },
    );
  const put = (text: string): void => {
    writeFileSync(`${path}.next`, text);
    renameSync(`${path}.next`, `${path}.pem`);
  };

  assert.equal(await isServed(), false);
  put(publicKey + formatLinkPublicKey(second.publicKey));
  await until(isServed);
  put('spoilt');
  dialer.useSigningKey(first.privateKey);
  assert.equal(await isServed(), true);
  put(formatLinkPublicKey(second.publicKey));
  await until(async () => !(await isServed()));
});
