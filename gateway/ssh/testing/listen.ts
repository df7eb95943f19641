import { type AddressInfo, createServer, type Socket } from 'node:net';
import { parsePublicKeyBlob } from '../../../core/ssh/public-key.ts';
import { signatureAlgorithms, verifySignature } from '../../../core/ssh/signature.ts';
import type { PublicKeyAttempt, SshConnection } from '../connection.ts';
import { createSshServer } from '../server.ts';
import type { SshServerOptions } from '../server-options.ts';
import { runTestCommand } from './commands.ts';

export const testServerOptions: Omit<SshServerOptions, 'hostKeys'> = {
  softwareVersion: 'git-ingress',
  signatureAlgorithms,
  rekey: { bytes: 1024 ** 3, intervalMs: 3_600_000 },
  keepalive: { intervalMs: 15_000, maxMissed: 3 },
  maxChannels: 10,
  maxAttempts: 20,
  maxBufferedBytes: 524_288,
};

/** Whether the attempt is for a key that may log in, and the proof, if there is one, is good. */
function admit(keyBlobs: readonly Buffer[], attempt: PublicKeyAttempt): boolean {
  if (!keyBlobs.some((blob) => blob.equals(attempt.keyBlob))) return false;
  const key = parsePublicKeyBlob(attempt.keyBlob);
  if (!key.ok) return false;
  if (attempt.proof === undefined) return signatureAlgorithms.includes(attempt.algorithm);
  return verifySignature(key.value, attempt.algorithm, attempt.proof.signature, attempt.proof.signedData);
}

export type TestServer = {
  readonly port: number;
  /** Each connection that identified itself, in order. */
  readonly connections: readonly SshConnection[];
  readonly sockets: ReadonlySet<Socket>;
  close(): Promise<void>;
};

/**
 * A server on a free port of 127.0.0.1 that runs test commands.
 * @param keyBlobs who may log in.
 * @param onConnection may replace the callbacks that were set.
 */
export async function listenForTests(
  options: Pick<SshServerOptions, 'hostKeys'> & Partial<SshServerOptions>,
  keyBlobs: readonly Buffer[],
  onConnection: (connection: SshConnection) => void = () => {},
): Promise<TestServer> {
  const ssh = createSshServer({ ...testServerOptions, ...options });
  const connections: SshConnection[] = [];
  const sockets = new Set<Socket>();
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    ssh.accept(socket, (connection) => {
      connections.push(connection);
      connection.authenticate = (attempt) => admit(keyBlobs, attempt);
      connection.onCommand = runTestCommand;
      onConnection(connection);
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    port: (listener.address() as AddressInfo).port,
    connections,
    sockets,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        listener.close(() => resolve());
      }),
  };
}
