import { runGit } from './git-client.ts';
import type { Server } from './servers/server.ts';
import type { Workspace } from './workspace.ts';

/** So many until the code that a connection runs has been compiled; a server lives for millions. */
const connections = 500;

export const lsRemoteOften = async (workspace: Workspace, server: Server, times: number): Promise<void> => {
  for (let connection = 0; connection < times; connection++) {
    await runGit(workspace, server, ['ls-remote', server.url('small')]);
  }
};

/** Brings a server that compiles while it runs to the state in which it spends its life. It serves `small`. */
export const warmUp = (workspace: Workspace, server: Server): Promise<void> =>
  lsRemoteOften(workspace, server, connections);
