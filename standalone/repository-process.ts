import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { formatAddress } from '../runtime/config/address.ts';
import { variablePrefix } from '../runtime/config/options.ts';
import type { Config } from '../runtime/config/schema.ts';
import type { Log } from '../runtime/log.ts';
import type { ChildMessage, ParentMessage } from '../runtime/parent-process.ts';
import { StartupError } from '../runtime/startup-error.ts';
import { type DataFolder, removeStaleLinkKeys } from './data-folder.ts';

/** The repository server of a standalone installation: a process of its own, kept alive. */
export type RepositoryProcess = {
  readonly address: { readonly path: string };
  /** What tickets must call it. */
  readonly podName: string;
  /** Signs tickets for it. It is in memory alone: a new one is made at each start. */
  readonly linkPrivateKey: KeyObject;
  /** False while it is being started again. */
  readonly isUp: boolean;
  /** Its own metrics in text form, without those of Node; empty if it does not answer within a second. */
  metrics(): Promise<string>;
  /** Lets it drain; kills it when the grace period is over. Repeatable. */
  close(): Promise<void>;
  /** Kills it. Repeatable. */
  destroy(): void;
};

export type RepositoryProcessOptions = {
  readonly config: Config;
  readonly data: DataFolder;
  readonly log: Log;
};

const podName = 'standalone';
const startMs = 30_000;
const metricsMs = 1_000;
/** What the server needs to end its last processes after the grace period. */
const afterGraceMs = 5_000;
const firstPauseMs = 100;
const maxPauseMs = 5_000;
/** After so long a life, a death is taken for the first one. */
const calmMs = 10_000;
/** Each start of a git copies the page tables of this process, and it has little to remember: half the memory does. */
const leanMemory = ['--max-semi-space-size=1'];
const mainProgram = fileURLToPath(new URL('../bin/main.ts', import.meta.url));

/**
 * Starts the repository server, and resolves when it listens. When it dies it is started again, soon at first and then
 * more and more rarely. Throws a `StartupError` with its own words if it cannot be started the first time.
 */
export async function startRepositoryProcess({
  config,
  data,
  log,
}: RepositoryProcessOptions): Promise<RepositoryProcess> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  await writeFile(data.linkKeys, publicKey.export({ type: 'spki', format: 'pem' }), { mode: 0o600 });
  const ending = new AbortController();
  const start = (): ChildProcess =>
    spawn(process.execPath, [...leanMemory, mainProgram, 'repository', ...buildFlags(config, data, log)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: buildEnvironment(process.env),
      // Ctrl-C goes to a terminal's whole process group; but this process must outlive the gateway's sessions.
      detached: true,
    });

  let child = start();
  let isUp = false;
  const untilUp = async (): Promise<void> => {
    await untilListening(child);
    isUp = true;
    log.logger.info({ repositoryPid: child.pid }, 'repository server started');
  };
  const keepAlive = async (): Promise<void> => {
    let pause = firstPauseMs;
    let startedAt = performance.now();
    for (;;) {
      if (isRunning(child)) await once(child, 'exit');
      isUp = false;
      if (ending.signal.aborted) return;
      const { exitCode, signalCode } = child;
      log.logger.error({ exitCode, signal: signalCode }, 'repository server died: starting it again');
      const isCalm = performance.now() - startedAt > calmMs;
      pause = isCalm ? firstPauseMs : Math.min(pause * 2, maxPauseMs);
      await sleep(pause, undefined, { signal: ending.signal }).catch(() => {});
      if (ending.signal.aborted) return;
      startedAt = performance.now();
      child = start();
      await untilUp().catch((error: unknown) => {
        if (!ending.signal.aborted) log.logger.error({ err: error }, 'repository server could not be started');
      });
    }
  };

  try {
    await untilUp();
    // Only now is the folder ours: before, a process that cannot be seen from here may have held it.
    await removeStaleLinkKeys(data);
  } catch (error) {
    child.kill('SIGKILL');
    await rm(data.linkKeys, { force: true });
    throw error;
  }
  const kept = keepAlive();
  return {
    address: { path: data.socket },
    podName,
    linkPrivateKey: privateKey,
    get isUp() {
      return isUp;
    },
    metrics: () => askForMetrics(child),
    async close() {
      ending.abort();
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), config.shutdown.gracePeriod + afterGraceMs);
      await kept;
      clearTimeout(killer);
      await rm(data.linkKeys, { force: true });
    },
    destroy() {
      ending.abort();
      child.kill('SIGKILL');
    },
  };
}

const isRunning = (child: ChildProcess): boolean =>
  child.pid !== undefined && child.exitCode === null && child.signalCode === null;

/** Rejects with a `StartupError` if the child says that it cannot start, ends, or is not heard of for too long. */
async function untilListening(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const refuse = (message: string, cause?: unknown): void =>
    reject(new StartupError('REPOSITORY_SERVER_NOT_STARTED', `the repository server: ${message}`, { cause }));
  const onMessage = (message: ChildMessage): void => {
    if (message.type === 'Listening') resolve();
    else if (message.type === 'Failed') refuse(message.message);
  };
  const timer = setTimeout(() => refuse('it does not answer'), startMs);
  // This listener stays: a child that cannot be signalled emits 'error', which would otherwise be thrown.
  child.on('error', (error) => refuse(`it cannot be started: ${error.message}`, error));
  child.on('message', onMessage);
  const onExit = (code: number | null, signal: string | null): void => refuse(`it ended (${signal ?? `code ${code}`})`);
  child.on('exit', onExit);
  try {
    await promise;
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
    child.off('message', onMessage).off('exit', onExit);
  }
}

async function askForMetrics(child: ChildProcess): Promise<string> {
  if (!child.connected) return '';
  const { promise, resolve } = Promise.withResolvers<string>();
  const onMessage = (message: ChildMessage): void => {
    if (message.type === 'Metrics') resolve(message.text);
  };
  const timer = setTimeout(() => resolve(''), metricsMs);
  child.on('message', onMessage);
  child.send({ type: 'AskMetrics' } satisfies ParentMessage, (error) => error && resolve(''));
  return promise.finally(() => {
    clearTimeout(timer);
    child.off('message', onMessage);
  });
}

/** As flags, so that `ps` shows how it was started. */
function buildFlags(config: Config, data: DataFolder, log: Log): readonly string[] {
  const flags = {
    data: data.path,
    'http-listen': 'off',
    'log-level': config.log.level,
    'log-format': log.format,
    'shutdown-grace-period': `${config.shutdown.gracePeriod}ms`,
    'repository-listen': formatAddress({ path: data.socket }),
    'repository-pod': podName,
    'repository-link-keys': data.linkKeys,
    'repository-max-sessions': config.repository.maxSessions,
    'repository-max-queued': config.repository.maxQueued,
    'repository-max-push-size': config.repository.maxPushSize,
    'repository-max-git-memory': config.repository.maxGitMemory,
  };
  return Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
}

/** Without our own variables: what they say has gone into the flags, or is none of this process's business. */
const buildEnvironment = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith(variablePrefix)));
