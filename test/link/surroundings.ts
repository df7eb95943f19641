import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import type { Permission } from '../../core/access/permission.ts';
import { derivedUid } from '../../core/api/derived-uid.ts';
import { createRepositoryDialer } from '../../gateway/link/dialer.ts';
import type { RepositorySessionRequest } from '../../gateway/ports.ts';
import type { RepositoryServerEvent } from '../../repository/events.ts';
import {
  createRepositoryServer,
  type RepositoryServer,
  type RepositoryServerOptions,
} from '../../repository/server.ts';
import { gitEnvironment } from '../harness/client.ts';
import { type Outcome, type Running, start } from '../harness/run.ts';
import { type Bridge, createBridge } from './bridge.ts';

/** What a test needs of the world: a server, a way to it, git as a client, and folders that vanish. */
export type Surroundings = {
  readonly folder: string;
  readonly dataDir: string;
  readonly server: RepositoryServer;
  readonly dialer: ReturnType<typeof createRepositoryDialer>;
  readonly bridge: Bridge;
  readonly events: RepositoryServerEvent[];
  readonly keys: ReturnType<typeof createKeys>;
  /** Runs git in `folder`, or in the one of its first `-C`. */
  git(...words: string[]): Promise<Outcome>;
  /** Starts git and leaves it running. */
  startGit(...words: string[]): Running;
  close(): Promise<void>;
};

const createKeys = () => generateKeyPairSync('ed25519');

const permission = (role: Permission['role'], refRules: Permission['refRules'] = []): Permission => ({
  role,
  grantedBy: 'Repository team-a/app spec.access[0]',
  refRules,
});

/** By host name in a test's URLs. */
export const permissions: Readonly<Record<string, Permission>> = {
  reader: permission('Read'),
  writer: permission('Write'),
  maintainer: permission('Maintain'),
  ruled: permission('Maintain', [
    {
      rule: 'Repository team-a/app spec.refRules[0]',
      refs: ['refs/heads/main'],
      actions: ['Rewind', 'Delete'],
      effect: 'Deny',
      enforcement: 'Enforce',
    },
    {
      rule: 'Repository team-a/app spec.refRules[1]',
      refs: ['refs/tags/**'],
      actions: ['Create'],
      effect: 'Deny',
      enforcement: 'Warn',
    },
  ]),
};

export const uid = derivedUid('Repository', { namespace: 'team-a', name: 'app' });

let requests = 0;
export function buildRequest(host: string, verb: RepositorySessionRequest['verb']): RepositorySessionRequest {
  requests += 1;
  const user = { namespace: 'team-a', name: 'alice' };
  return {
    correlationId: `test-${requests}`,
    repository: { namespace: 'team-a', name: 'app', uid, path: 'team-a/app', defaultBranch: 'main' },
    verb,
    identity: { kind: 'User', user, email: 'alice@example.com', groups: [], access: 'ReadWrite' },
    permission: permissions[host] ?? assert.fail(`no such host: ${host}`),
  };
}

export type SurroundingsOptions = Partial<RepositoryServerOptions> & { readonly tcp?: boolean };

export async function createSurroundings({ tcp, ...options }: SurroundingsOptions = {}): Promise<Surroundings> {
  const folder = await mkdtemp(join(tmpdir(), 'link-'));
  const dataDir = join(folder, 'data');
  const keys = createKeys();
  const events: RepositoryServerEvent[] = [];
  const server = await createRepositoryServer({
    listen: tcp ? { host: '127.0.0.1', port: 0 } : { path: join(folder, 'link.sock') },
    dataDir,
    podName: 'pool-0',
    linkPublicKeys: [keys.publicKey],
    maxSessions: 16,
    maxQueued: 200,
    onEvent: (event) => void events.push(event),
    ...options,
  });
  const dialer = createRepositoryDialer({
    address: server.address,
    podName: 'pool-0',
    signingKey: keys.privateKey,
    log: pino({ level: 'silent' }),
    patience: 1_000,
  });
  const bridge = await createBridge(join(folder, 'bridge.sock'), dialer, (host, verb) =>
    buildRequest(host, verb as RepositorySessionRequest['verb']),
  );

  const startGit = (...words: string[]): Running => startGitClient(folder, bridge, words);

  return {
    folder,
    dataDir,
    server,
    dialer,
    bridge,
    events,
    keys,
    startGit,
    git: (...words) => startGit(...words).ended,
    async close() {
      bridge.close();
      await server.destroy();
      await dialer.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts git in a folder that is also its home; its ssh is the bridge. */
export const startGitClient = (folder: string, bridge: Bridge, words: readonly string[]): Running =>
  start('git', words, {
    cwd: folder,
    env: { HOME: folder, ...gitEnvironment, ...bridge.environment },
    timeout: 60_000,
  });

export function assertGood(run: Outcome): Outcome {
  assert.equal(run.status, 0, run.stderr);
  return run;
}

/** Waits for a condition; a test's only sleep. */
export async function until<Value>(check: () => Value | Promise<Value>, seconds = 10): Promise<NonNullable<Value>> {
  for (let turn = 0; turn < seconds * 50; turn++) {
    const value = await check();
    if (value) return value;
    await sleep(20);
  }
  return assert.fail(`it did not happen: ${check.toString()}`);
}
