/**
 * A process that holds many SSH connections open and does nothing with them. It takes one {@link IdleClientRequest} as
 * a message from its parent, and answers `open` when all are logged in, or what went wrong.
 */
import { once } from 'node:events';
import { Client } from 'ssh2';

export type IdleClientRequest = {
  readonly port: number;
  readonly connections: number;
  /** Used in turn. */
  readonly identities: readonly { readonly loginName: string; readonly privateKey: string }[];
};

/** So many log in at a time: the server's limit is on those that have not yet. */
const atATime = 10;

const open = async ({ port, identities }: IdleClientRequest, index: number): Promise<void> => {
  const identity = identities[index % identities.length];
  if (identity === undefined) throw new Error('nobody to log in as');
  const client = new Client();
  client.connect({
    host: '127.0.0.1',
    port,
    username: identity.loginName,
    privateKey: identity.privateKey,
    algorithms: { kex: ['curve25519-sha256'], cipher: ['aes128-gcm@openssh.com'] },
  });
  await once(client, 'ready');
  client.on('error', (error) => report(`a connection broke: ${error.message}`));
  client.on('close', () => report('the server closed a connection'));
};

const report = (what: string): void => {
  process.send?.(what);
};

process.once('message', async (request: IdleClientRequest) => {
  try {
    let next = 0;
    const openInTurn = async (): Promise<void> => {
      while (next < request.connections) await open(request, next++);
    };
    await Promise.all(Array.from({ length: atATime }, openInTurn));
    report('open');
  } catch (error) {
    report(String(error));
  }
});
