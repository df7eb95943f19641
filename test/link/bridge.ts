import net from 'node:net';
import { fileURLToPath } from 'node:url';
import type { RepositoryDialer, RepositorySession, RepositorySessionRequest } from '../../gateway/ports.ts';

/** Decides what a test's git asked for, as the gateway would. */
export type BridgeRoute = (host: string, verb: string) => Omit<RepositorySessionRequest, 'verb' | 'gitProtocol'>;

export type Bridge = {
  /** For git's environment: its ssh is the bridge. */
  readonly environment: Readonly<Record<string, string>>;
  /** Sessions that run, for tests that interfere with them. */
  readonly sessions: Set<RepositorySession>;
  close(): void;
};

const frame = (kind: number, payload: Uint8Array): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt8(kind);
  head.writeUInt32BE(payload.length, 1);
  return Buffer.concat([head, payload]);
};

/** Lets real git clients reach a dialer, with back-pressure on every side. */
export async function createBridge(path: string, dialer: RepositoryDialer, route: BridgeRoute): Promise<Bridge> {
  const sessions = new Set<RepositorySession>();

  async function serve(socket: net.Socket, line: string): Promise<void> {
    const { host, command, gitProtocol } = JSON.parse(line) as { host: string; command: string; gitProtocol?: string };
    const verb = command.replace(/^git[- ]/, '').split(' ')[0] as RepositorySessionRequest['verb'];
    const gone = new AbortController();
    socket.on('close', () => gone.abort());
    const request = { ...route(host, verb), verb, ...(gitProtocol !== undefined && { gitProtocol }) };
    const session = await dialer.open(request, gone.signal);
    sessions.add(session);
    gone.signal.addEventListener('abort', () => session.cancel('the client is gone'));
    session.onData = (bytes) => socket.write(frame(1, bytes));
    session.onStderr = (bytes) => socket.write(frame(2, bytes));
    session.onDrain = () => socket.resume();
    socket.on('drain', () => {
      session.resume();
      session.resumeStderr();
    });
    socket.on('data', (bytes) => {
      if (!session.write(bytes)) socket.pause();
    });
    socket.on('end', () => session.end());
    socket.resume();
    const exitStatus = await session.ended.finally(() => sessions.delete(session));
    socket.end(frame(3, Buffer.from([exitStatus])));
  }

  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    let greeting = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    function greet(chunk: Buffer): void {
      greeting = Buffer.concat([greeting, chunk]);
      const end = greeting.indexOf(0x0a);
      if (end < 0) return;
      socket.off('data', greet).pause();
      if (greeting.length > end + 1) socket.unshift(greeting.subarray(end + 1));
      serve(socket, greeting.toString('utf8', 0, end)).catch((error: Error) => {
        socket.write(frame(2, Buffer.from(`${error.message}\n`)));
        socket.end(frame(3, Buffer.from([1])));
      });
    }
    socket.on('data', greet);
  });
  await new Promise<void>((resolve) => void server.listen(path, resolve));
  const client = fileURLToPath(new URL('./bridge-client.mjs', import.meta.url));
  return {
    environment: { GIT_SSH_COMMAND: `'${process.execPath}' '${client}' '${path}'`, GIT_SSH_VARIANT: 'ssh' },
    sessions,
    close: () => void server.close(),
  };
}
