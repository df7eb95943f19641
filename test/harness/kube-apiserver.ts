import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AuditLevel, auditPolicy } from './audit.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import type { Etcd } from './etcd.ts';
import type { Access } from './kubeconfig.ts';
import { kubernetesPrograms } from './kubernetes-programs.ts';
import { until } from './wait.ts';

/** What one kube-apiserver keeps in its folder, over restarts too. */
export const apiServerFiles = (folder: string) => ({
  /** It makes a certificate and a CA for it when it first starts, and writes both here. */
  ca: join(folder, 'apiserver.crt'),
  tokens: join(folder, 'tokens.csv'),
  serviceAccountKey: join(folder, 'service-account.key'),
  auditPolicy: join(folder, 'audit-policy.json'),
  auditLog: join(folder, 'audit.log'),
  log: join(folder, 'kube-apiserver.log'),
});

export type KubeApiserverOptions = {
  readonly folder: string;
  readonly port: number;
  readonly etcd: Etcd;
  readonly audit: AuditLevel | undefined;
  /** Further flags. */
  readonly args: readonly string[];
};

/** Starts a kube-apiserver; the files of tokens and of the service accounts' key are there. It is not ready yet. */
export async function startKubeApiserver({ folder, port, etcd, audit, args }: KubeApiserverOptions): Promise<Daemon> {
  const files = apiServerFiles(folder);
  if (audit !== undefined) writeFileSync(files.auditPolicy, auditPolicy(audit));
  const flags = [
    `--etcd-servers=${etcd.url}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${folder}`,
    `--token-auth-file=${files.tokens}`,
    '--authorization-mode=Node,RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${files.serviceAccountKey}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    // An address of the loopback range cannot be published as the endpoint of the Service `kubernetes`.
    '--endpoint-reconciler-type=none',
    '--allow-privileged',
    ...(audit === undefined ? [] : [`--audit-policy-file=${files.auditPolicy}`, `--audit-log-path=${files.auditLog}`]),
    ...args,
  ];
  return startDaemon(join(await kubernetesPrograms(), 'kube-apiserver'), flags, files.log);
}

/** Waits until all is ready, RBAC's own roles included. Throws, with the last words of whichever server ended early. */
export async function untilReady(access: Access, daemons: readonly Daemon[]): Promise<void> {
  await until('kube-apiserver is ready', async () => {
    for (const daemon of daemons) {
      if (!daemon.isRunning) throw new Error(`a server ended early; it said last:\n${daemon.lastWords()}`);
    }
    // Each question costs a TLS handshake, on the processors that the server needs for its start.
    return (await isReady(access)) || sleep(50, false);
  });
}

function isReady({ server, caFile, token }: Access): Promise<boolean> {
  if (!existsSync(caFile)) return Promise.resolve(false);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const headers = { authorization: `Bearer ${token}` };
  const options = { ca: readFileSync(caFile), headers, agent: false, timeout: 5_000 };
  const request = get(`${server}/readyz`, options, (response) => {
    response.resume();
    resolve(response.statusCode === 200);
  });
  request.on('timeout', () => request.destroy());
  request.on('error', () => resolve(false));
  return promise;
}
