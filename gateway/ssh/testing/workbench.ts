import { after } from 'node:test';
import { generateHostKey } from '../../../runtime/generate-host-key.ts';
import type { SshConnection } from '../connection.ts';
import type { SshServerOptions } from '../server-options.ts';
import { listenForTests, type TestServer } from './listen.ts';
import { type ClientKey, createOpenSsh, type OpenSsh } from './openssh.ts';

export type Workbench = {
  readonly openSsh: OpenSsh;
  /** May log in where `listen` is not told otherwise. */
  readonly key: ClientKey;
  /** Starts a server with host keys of its own; the other arguments are those of `listenForTests`. */
  listen(
    options?: Partial<SshServerOptions>,
    keyBlobs?: readonly Buffer[],
    onConnection?: (connection: SshConnection) => void,
  ): Promise<TestServer>;
};

/** A client and servers for one test file, which are gone when it has ended. */
export function createWorkbench(): Workbench {
  const openSsh = createOpenSsh();
  const hostKeys = [generateHostKey('ed25519').privateKey, generateHostKey('rsa').privateKey];
  const key = openSsh.createKey('ed25519');
  const servers: TestServer[] = [];
  after(async () => {
    await Promise.all(servers.map((server) => server.close()));
    openSsh.remove();
  });

  return {
    openSsh,
    key,
    listen: async (options, keyBlobs = [key.blob], onConnection) => {
      const server = await listenForTests({ hostKeys, ...options }, keyBlobs, onConnection);
      servers.push(server);
      return server;
    },
  };
}
