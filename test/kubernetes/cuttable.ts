import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import type { ApiServer } from '../harness/api-server.ts';
import { freePort } from '../harness/free-port.ts';
import { writeKubeconfig } from '../harness/kubeconfig.ts';
import type { Scope } from '../harness/standalone.ts';

/** A way to an API server that a test can cut, and keep cut. */
export type Cuttable = {
  /** The path of a kubeconfig that leads this way. */
  readonly kubeconfig: string;
  /** Ends every connection. */
  cut(): void;
  /** While false, connections are refused. */
  isOpen: boolean;
};

/** To the same server, as whoever the given kubeconfig is of. */
export async function makeCuttable(scope: Scope, server: ApiServer, kubeconfig: string): Promise<Cuttable> {
  const sockets = new Set<Socket>();
  const { hostname, port } = new URL(server.url);
  const listener = createServer((near) => {
    if (!cuttable.isOpen) return void near.destroy();
    const far = connect(Number(port), hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  const ownPort = await freePort();
  await new Promise<void>((resolve) => listener.listen(ownPort, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  scope.after(() => {
    listener.close();
    cut();
  });
  const { token } = JSON.parse(readFileSync(kubeconfig, 'utf8')).users[0].user;
  const access = { server: `https://127.0.0.1:${ownPort}`, caFile: server.caFile, token };
  const cuttable: Cuttable = {
    kubeconfig: writeKubeconfig(server.home, `cuttable-${ownPort}`, access),
    cut,
    isOpen: true,
  };
  return cuttable;
}
