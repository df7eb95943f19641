import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { startDaemon } from './daemon.ts';
import { freePort } from './free-port.ts';
import { gitProcesses, kill } from './processes.ts';
import { must } from './run.ts';
import { executable, type Scope, type ServerProcess, startServerProcess } from './server-process.ts';
import type { SshHost } from './standalone.ts';
import { until } from './wait.ts';

/** A real repository server on TCP. */
export type RepositoryServer = {
  readonly address: string;
  readonly pod: string;
  readonly data: string;
  /** The file with the private key that a gateway signs tickets with. */
  readonly linkKey: string;
  /** The file with the public keys whose tickets it honours. */
  readonly linkKeys: string;
};

/**
 * Starts `git-ingress repository`, and waits until it can be reached. It ends with its scope. `gateways`: the public keys
 * to honour, in PEM form, if they are not to be of a key of the test's own.
 */
export async function startRepositoryServer(
  scope: Scope,
  home: string,
  pod = 'pool-0',
  gateways?: string,
): Promise<RepositoryServer> {
  const folder = mkdtempSync(join(home, 'repository-'));
  const data = join(folder, 'data');
  mkdirSync(data);
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const linkKey = join(folder, 'gateway.pem');
  writeFileSync(linkKey, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const linkKeys = join(folder, 'gateways.pem');
  writeFileSync(linkKeys, gateways ?? publicKey.export({ type: 'spki', format: 'pem' }));
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const args = ['repository', '--data', data, '--http-listen', 'off', '--repository-listen', address];
  const daemon = startDaemon(
    executable,
    [...args, '--repository-pod', pod, '--repository-link-keys', linkKeys],
    join(folder, 'log'),
  );
  scope.after(async () => {
    await daemon.kill();
    for (const { pid } of gitProcesses(data)) kill(pid);
  });
  await until('the repository server listens', () => {
    if (!daemon.isRunning) throw new Error(`the repository server ended early; it said last:\n${daemon.lastWords()}`);
    return canConnect(port);
  });
  return { address, pod, data, linkKey, linkKeys };
}

function canConnect(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}

export type GatewayOptions = {
  readonly home: string;
  /** The path of a kubeconfig. */
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly pod?: string;
  readonly repository: RepositoryServer;
  readonly args?: readonly string[];
};

export type GatewayServer = ServerProcess & SshHost;

/** Starts the real `git-ingress gateway` with host keys of its own, and waits until it listens; it need not be ready. */
export async function startGateway(scope: Scope, options: GatewayOptions): Promise<GatewayServer> {
  const { home, kubeconfig, namespace, pod = 'gateway-0', repository, args = [] } = options;
  const data = mkdtempSync(join(home, 'gateway-'));
  const hostKeys = join(data, 'host-keys');
  mkdirSync(hostKeys);
  for (const type of ['ed25519', 'rsa'])
    await must('ssh-keygen', ['-q', '-N', '', '-t', type, '-f', join(hostKeys, `ssh_host_${type}_key`)]);
  const server = await startServerProcess(scope, [
    ...['gateway', '--ssh-listen', '127.0.0.1:0', '--kubernetes-kubeconfig', kubeconfig],
    ...['--kubernetes-namespace', namespace, '--gateway-pod', pod, '--gateway-host-keys', hostKeys],
    ...['--gateway-link-key', repository.linkKey, '--gateway-repository', repository.address],
    ...['--gateway-repository-pod', repository.pod, ...args],
  ]);
  return { ...server, home, data, port: Number(String(server.started.ssh).split(':').at(-1)) };
}

/** For so many milliseconds. */
export async function untilReady(gateway: GatewayServer, timeout?: number): Promise<void> {
  await until('the gateway is ready', async () => (await gateway.get('/readyz')).status === 200, timeout);
}
