import type { Workspace } from '../workspace.ts';
import { type GitIngressServer, startGitIngress } from './git-ingress.ts';
import type { Server } from './server.ts';
import { startSshd } from './sshd.ts';

/** Runs `measure` with sshd and git-ingress side by side, each with the same empty repositories, and stops both. */
export const withBothServers = async <Result>(
  workspace: Workspace,
  repositories: readonly string[],
  measure: (reference: Server, measured: GitIngressServer) => Promise<Result>,
): Promise<Result> => {
  const reference = await startSshd(workspace, repositories);
  try {
    const measured = await startGitIngress(workspace, repositories);
    try {
      return await measure(reference, measured);
    } finally {
      await measured.stop();
    }
  } finally {
    await reference.stop();
  }
};
