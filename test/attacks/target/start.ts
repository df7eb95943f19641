import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { ClientKey } from '../client/client-key.ts';
import type { Sessions } from './unguarded.ts';

export type TargetKind = 'Guarded' | 'Unguarded';

/** A server under attack, in another process. */
export type Target = {
  readonly port: number;
  readonly pid: number;
  readonly alive: boolean;
  /** Resident memory in MiB; 0 when it is dead. */
  memory(): number;
  sessions(): Promise<Sessions>;
  stop(): Promise<void>;
};

/** @param key who may log in. */
export const startTarget = async (kind: TargetKind, key: ClientKey): Promise<Target> => {
  const child = fork(join(import.meta.dirname, 'main.ts'), [kind, key.blob.toString('base64')], {
    // What a dying server prints is part of the plan.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const died = once(child, 'exit').then(() => {
    throw new Error(`the ${kind} target did not start`);
  });
  const [{ port }] = (await Promise.race([once(child, 'message'), died])) as [{ port: number }];
  // From now on it may die: that is what attacks are for.
  died.catch(() => {});
  return wrapTarget(child, port);
};

/** Any server of ours whose process and port are known. */
export const wrapTarget = (child: ChildProcess, port: number): Target => {
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    port,
    pid: child.pid ?? 0,
    get alive() {
      return isAlive();
    },
    memory: () => {
      if (!isAlive()) return 0;
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
    },
    sessions: async () => {
      child.send('sessions');
      const [answer] = (await once(child, 'message')) as [{ sessions: Sessions }];
      return answer.sessions;
    },
    stop: async () => {
      if (!isAlive()) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
};

/** Milliseconds until a new client hears the server's identification line; `limit` if it never does. */
export const measureGreeting = (port: number, limit: number): Promise<number> =>
  new Promise((resolve) => {
    const started = performance.now();
    const socket = connect({ port, host: '127.0.0.1' });
    const finish = (milliseconds: number): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(milliseconds);
    };
    const timer = setTimeout(() => finish(limit), limit);
    socket.once('data', () => finish(Math.min(limit, performance.now() - started)));
    socket.on('error', () => finish(limit));
  });
