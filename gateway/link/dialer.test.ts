import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import pino from 'pino';
import { buildServerMessage } from '../../core/link/messages.ts';
import { linkVersion } from '../../core/link/preface.ts';
import { createRepositoryDialer } from './dialer.ts';

const request = {
  correlationId: 'test-1',
  repository: { namespace: 'a', name: 'b', uid: '', path: 'a/b', defaultBranch: 'main' },
  verb: 'upload-pack',
  identity: { kind: 'User', user: { namespace: 'a', name: 'alice' }, groups: [], access: 'ReadWrite' },
  permission: { role: 'Read', grantedBy: 'grant', refRules: [] },
} as const;

test('why the server cannot be reached is logged once for each outage', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'dialer-'));
  const path = join(folder, 'link.sock');
  const lines: { msg: string; err?: { message: string } }[] = [];
  const dialer = createRepositoryDialer({
    address: { path },
    podName: 'pool-0',
    signingKey: generateKeyPairSync('ed25519').privateKey,
    log: pino({ level: 'warn' }, { write: (line) => void lines.push(JSON.parse(line)) }),
    patience: 200,
  });
  context.after(async () => {
    await dialer.close();
    await rm(folder, { recursive: true });
  });
  const fail = () => assert.rejects(dialer.open(request, new AbortController().signal), { code: 'Unreachable' });

  await Promise.all([fail(), fail()]);
  await fail();
  assert.deepEqual(
    lines.map(({ msg, err }) => [msg, err?.message]),
    [['repository server cannot be reached', `connect ENOENT ${path}`]],
  );

  // Greets each gateway, and is gone.
  const server = net.createServer((peer) => {
    peer.on('error', () => {});
    peer.end(buildServerMessage({ type: 'hello', version: linkVersion, nonce: 'a'.repeat(32), pod: 'pool-0' }));
    server.close();
  });
  await once(server.listen(path), 'listening');
  await fail();
  assert.deepEqual(
    lines.slice(1).map(({ msg }) => msg),
    ['link to repository server lost', 'repository server cannot be reached'],
  );
});
