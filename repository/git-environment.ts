import type { Identity } from '../core/access/identity.ts';
import { formatRef } from '../core/api/object-ref.ts';

/** Where programs are found, whatever the server's own environment says. */
const searchPath = '/usr/local/bin:/usr/bin:/bin';

/**
 * Marks the processes of one data folder, so that a later server finds those that an earlier one left behind. No name
 * that anybody sets for another reason: whoever bears it is ended.
 */
export const dataFolderVariable = 'GIT_SPAWNED_BY_GIT_INGRESS_OF';

/**
 * What every program that we start gets, and nothing of our own environment: for git no settings of system or user, no
 * home, no questions, no transport to other places, no replaced objects (refs/replace can be pushed, and would change
 * what is an ancestor of what), no fetching of what is missing.
 */
export const plainEnvironment: Readonly<Record<string, string>> = {
  PATH: searchPath,
  LC_ALL: 'C',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: '',
  GIT_NO_LAZY_FETCH: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
};

/** The same for each git of a data folder. */
export const buildGitEnvironment = (dataDir: string): Readonly<Record<string, string>> => ({
  ...plainEnvironment,
  [dataFolderVariable]: dataDir,
});

/** How reflogs name who acts. */
export function buildActor(identity: Identity): { readonly name: string; readonly email: string } {
  const ref = identity.kind === 'User' ? identity.user : identity.key;
  const email = identity.kind === 'User' ? identity.email : undefined;
  const name = identity.kind === 'User' ? formatRef(ref) : `SSHKey ${formatRef(ref)}`;
  return { name, email: email ?? `${ref.name}@${ref.namespace}` };
}
