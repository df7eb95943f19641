import type { Socket } from 'node:net';
import type { SessionOrder } from '../core/link/ticket-content.ts';
import { buildActor } from './git-environment.ts';
import { type GitProcess, spawnGit } from './git-process.ts';
import { buildGitSettings, type GitLimits } from './git-settings.ts';

/** Starts what a session ordered, on a bare repository, with the secret that ends the lists of git's hooks. */
export type GitLauncher = (
  order: SessionOrder,
  repository: string,
  hookSecret: string,
  socket: Socket,
) => Promise<GitProcess>;

type GitLauncherOptions = {
  readonly git: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Holds `pre-receive`, `post-receive` and nothing else. */
  readonly hooksDir: string;
  readonly limits: GitLimits;
};

export const createGitLauncher =
  ({ git, environment, hooksDir, limits }: GitLauncherOptions): GitLauncher =>
  (order, repository, hookSecret, socket) => {
    const actor = buildActor(order.identity);
    return spawnGit(
      {
        git,
        arguments: [...buildGitSettings(repository, hooksDir, limits), ...verbArguments[order.verb], repository],
        environment: {
          ...environment,
          GIT_COMMITTER_NAME: actor.name,
          GIT_COMMITTER_EMAIL: actor.email,
          ...(order.gitProtocol !== undefined && { GIT_PROTOCOL: order.gitProtocol }),
          ...(order.verb === 'receive-pack' && { GIT_INGRESS_HOOK_SECRET: hookSecret }),
        },
      },
      socket,
    );
  };

/** `--strict`: the folder itself, not one of those that git would try beside it. */
const verbArguments: Readonly<Record<SessionOrder['verb'], readonly string[]>> = {
  'upload-pack': ['upload-pack', '--strict'],
  'receive-pack': ['receive-pack'],
  'upload-archive': ['upload-archive'],
};
