import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createRepositoryServer, type RepositoryServer } from '../../repository/server.ts';
import type { LinkAddress } from '../../runtime/config/address.ts';

const folder = await mkdtemp(join(tmpdir(), 'one-folder-'));
after(() => rm(folder, { recursive: true, force: true }));
const { publicKey } = generateKeyPairSync('ed25519');

const start = (listen: LinkAddress): Promise<RepositoryServer> =>
  createRepositoryServer({
    listen,
    dataDir: join(folder, 'data'),
    podName: 'pool-0',
    linkPublicKeys: [publicKey],
    maxSessions: 1,
    maxQueued: 1,
    onEvent: () => {},
  });

const tcp: LinkAddress = { host: '127.0.0.1', port: 0 };
const unixSocket: LinkAddress = { path: join(folder, 'link.sock') };
/** Of nobody (RFC 5737). */
const elsewhere: LinkAddress = { host: '192.0.2.1', port: 0 };

for (const first of [tcp, unixSocket]) {
  test(`a folder has one server, here on ${'path' in first ? 'a Unix socket' : 'TCP'}, wherever another would listen`, async () => {
    // Who could not start does not keep it.
    await assert.rejects(start(elsewhere), { code: 'ADDRESS_NOT_USABLE' });
    const server = await start(first);
    await assert.rejects(start(tcp), { code: 'DATA_IN_USE' });
    await assert.rejects(start(unixSocket), { code: 'DATA_IN_USE' });
    await server.destroy();
    await (await start(first)).destroy();
  });
}
