import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ClientKey } from '../client/client-key.ts';

/** `git-ingress run` itself, with its own listener and its own limits. */
export type Program = { readonly port: number; stop(): Promise<void> };

const executable = join(import.meta.dirname, '../../../bin/git-ingress');

const manifestOf = (key: ClientKey): string => `
apiVersion: gitingress.dev/v1alpha1
kind: GitUser
metadata: {name: alice}
spec: {displayName: Alice}
---
apiVersion: gitingress.dev/v1alpha1
kind: SSHKey
metadata: {name: laptop}
spec: {publicKey: "${key.publicKeyLine}", userRef: {name: alice}}
`;

/** @param key who may log in, as alice; @param options of the command line, beside where things are. */
export const startProgram = async (key: ClientKey, options: readonly string[]): Promise<Program> => {
  const folder = mkdtempSync(join(tmpdir(), 'git-ingress-attacks-'));
  const manifests = join(folder, 'manifests');
  mkdirSync(manifests);
  writeFileSync(join(manifests, 'alice.yaml'), manifestOf(key));
  const places = ['--manifests', manifests, '--data', join(folder, 'data')];
  const listeners = ['--ssh-listen', '127.0.0.1:0', '--http-listen', 'off', '--log-format', 'json'];
  const child = spawn(executable, ['run', ...places, ...listeners, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      // The second one does not wait for anybody.
      child.kill('SIGTERM');
      await gone;
    }
    rmSync(folder, { recursive: true, force: true });
  };

  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    const { msg, ssh } = JSON.parse(line) as { msg: string; ssh?: string };
    if (msg !== 'ready' || ssh === undefined) continue;
    child.stdout.resume();
    return { port: Number(ssh.split(':').at(-1)), stop };
  }
  await stop();
  throw new Error('git-ingress did not start');
};
