import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { undoAtExit } from '../undo-at-exit.ts';

/** A running SSH server with repositories. */
export type Server = {
  readonly name: 'sshd + git-shell' | 'git-ingress';
  readonly port: number;
  readonly loginName: string;
  readonly knownHostsFile: string;
  /** The process that all of the server descends from. */
  readonly pid: number;
  readonly url: (repository: string) => string;
  /** Milliseconds of CPU that the server's own processes have used so far, git's left out where it can be. */
  readonly serverCpu: () => Promise<number>;
  stop(): Promise<void>;
};

/** A port of 127.0.0.1 that was free a moment ago. */
export const findFreePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no TCP port to be had');
  return address.port;
};

export const acceptsConnections = async (port: number): Promise<boolean> => {
  const socket = createConnection(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};

/** Starts a server's process with its output in a file. */
export const startProcess = (
  command: string,
  args: readonly string[],
  logFile: string,
): { readonly child: ChildProcess; readonly pid: number; stop(): Promise<void> } => {
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { stdio: ['ignore', log, log] });
  if (child.pid === undefined) throw new Error(`cannot start ${command}`);
  const exited = once(child, 'exit');
  const kill = undoAtExit(() => child.kill('SIGKILL'));
  return {
    child,
    pid: child.pid,
    async stop() {
      child.kill('SIGTERM');
      const giveUp = sleep(10_000, 'late', { ref: false });
      if ((await Promise.race([exited, giveUp])) === 'late') kill();
      await exited;
    },
  };
};
