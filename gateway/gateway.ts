import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type AdmissionLimits, createAdmission } from './admission.ts';
import { receive } from './arrival.ts';
import { createAuthentication } from './authentication.ts';
import type { Clock } from './clock.ts';
import { type ConnectionContext, type ServedConnection, serveClient } from './connection.ts';
import type { Emit } from './events.ts';
import { createOneAtATime } from './one-at-a-time.ts';
import type { AccessIndexSource, RepositoryDialer } from './ports.ts';
import type { SessionLimits } from './session-limits.ts';
import type { SshServer } from './ssh/server.ts';
import { createUserConnections } from './user-connections.ts';
import { createWatchList } from './watch-list.ts';

export type GatewayOptions = {
  readonly source: AccessIndexSource;
  /** Milliseconds; nobody is let in by an index that is older. */
  readonly maxIndexAge: number;
  readonly dialer: RepositoryDialer;
  readonly ssh: SshServer;
  readonly emit: Emit;
  readonly clock: Clock;
  readonly admission: AdmissionLimits;
  readonly maxConnectionsPerUser: number;
  readonly sessions: SessionLimits;
  /** Milliseconds from TCP's accept to a login. */
  readonly loginGraceTime: number;
  /** Milliseconds that a connection may stay without a session. 0: for ever. */
  readonly idleTimeout: number;
};

type TcpAddress = { readonly host: string; readonly port: number };

export type Gateway = {
  /** Rejects with Node's error, e.g. `EADDRINUSE`. Resolves with the address in use. */
  listen(address: TcpAddress): Promise<TcpAddress>;
  readonly isListening: boolean;
  readonly counts: { readonly connections: number; readonly pending: number; readonly sessions: number };
  /** Takes no more connections and sessions, and resolves when the last session has ended; repeatable. */
  close(): Promise<void>;
  /** Ends every session with a word to its user, and every connection. */
  destroy(): void;
};

export function createGateway(options: GatewayOptions): Gateway {
  const { source, emit, clock, ssh } = options;
  const admission = createAdmission(options.admission);
  const watchList = createWatchList(source, clock, emit);
  const authentication = createAuthentication(source, clock, options.maxIndexAge);
  const sockets = new Set<Socket>();
  const served = new WeakMap<Socket, ServedConnection>();
  let isDraining = false;
  const context: ConnectionContext = {
    ...options,
    watchList,
    authentication,
    admit: authentication.admit,
    identify: authentication.identify,
    limits: options.sessions,
    userConnections: createUserConnections(options.maxConnectionsPerUser),
    isDraining: () => isDraining,
    greetInTurn: createOneAtATime(maxGreetingsWaiting),
  };
  const server = createServer({ noDelay: true }, (socket) => {
    const arrival = receive(socket, { ...options, admission });
    if (arrival === undefined) return;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    ssh.accept(socket, (connection) => served.set(socket, serveClient(context, arrival, connection)));
  });
  let closed: Promise<void> | undefined;
  const gateway: Gateway = {
    async listen(address) {
      const inUse = await listen(server, address);
      // Such as EMFILE: Node goes on accepting, and without a listener the process would end.
      server.on('error', (error) => emit({ type: 'AcceptFailed', detail: error.message }));
      return inUse;
    },
    get isListening() {
      return server.listening;
    },
    get counts() {
      return { connections: admission.connections, pending: admission.pending, sessions: watchList.sessions };
    },
    close() {
      isDraining = true;
      closed ??= new Promise<void>((resolve) => server.close(() => resolve())).finally(() => watchList.close());
      for (const socket of sockets) {
        const connection = served.get(socket);
        if (connection === undefined) socket.destroy();
        else connection.closeIfIdle(shutdown);
      }
      return closed;
    },
    destroy() {
      void gateway.close();
      watchList.terminateSessions('Shutdown', shutdown);
      for (const socket of sockets) served.get(socket)?.closeIfIdle(shutdown);
      // What was just written to the clients has to leave first.
      setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, lingerMs).unref();
    },
  };
  return gateway;
}

const shutdown = 'the server is shutting down';
const lingerMs = 500;
const maxGreetingsWaiting = 100;

function listen(server: Server, address: TcpAddress): Promise<TcpAddress> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ ...address, backlog: 4_096 }, () => {
      server.off('error', reject);
      const { address: host, port } = server.address() as AddressInfo;
      resolve({ host, port });
    });
  });
}
