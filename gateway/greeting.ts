import { decide } from '../core/access/decide.ts';
import type { Identity } from '../core/access/identity.ts';
import { formatRef } from '../core/api/object-ref.ts';
import type { AccessIndex } from '../core/index/access-index.ts';
import { type Candidate, chooseCandidate } from '../core/index/candidates.ts';
import type { RepositoryEntry } from '../core/index/entry.ts';
import { compare } from '../core/index/seniority.ts';
import { inTurns } from '../runtime/in-turns.ts';

const maxListed = 100;

/**
 * What `ssh git@host` prints: who one is here, by which key, and what it reaches. Rejects with the reason of `signal`
 * once that is aborted.
 */
export async function greeting(
  candidates: readonly Candidate[],
  index: AccessIndex,
  signal: AbortSignal,
): Promise<string> {
  const lines = candidates.map(({ identity }) => `Hello ${nameOf(identity)}${keyOf(identity)}.`);
  const reached = await findReachable(candidates, index, signal);
  if (reached.length === 0) lines.push('', 'You have no access to any repository.');
  else lines.push('', 'You can reach:', ...table(reached.slice(0, maxListed)));
  if (reached.length > maxListed) lines.push(`  … and ${reached.length - maxListed} more`);
  return `${lines.join('\n')}\n`;
}

const nameOf = (identity: Identity): string => {
  if (identity.kind === 'DeployKey') return `deploy key ${formatRef(identity.key)}`;
  const ref = formatRef(identity.user);
  return identity.displayName === undefined ? ref : `${identity.displayName} (${ref})`;
};

const keyOf = ({ kind, key }: Identity): string => {
  if (key === undefined) return '';
  const { fingerprint } = key;
  return kind === 'DeployKey' ? ` (${fingerprint})` : `, you logged in with SSHKey ${formatRef(key)} (${fingerprint})`;
};

type Reachable = { readonly repository: RepositoryEntry; readonly may: 'read' | 'write' | 'maintain' };

/** By path. */
async function findReachable(
  candidates: readonly Candidate[],
  index: AccessIndex,
  signal: AbortSignal,
): Promise<readonly Reachable[]> {
  const found: Reachable[] = [];
  await inTurns(index.repositories(), signal, (repository) => {
    const may = highestRole(candidates, repository);
    if (may !== undefined) found.push({ repository, may });
  });
  return found.sort((a, b) => compare(a.repository.path, b.repository.path));
}

/** The most that a session could do: the role, less what the key and a frozen repository take from it. */
function highestRole(candidates: readonly Candidate[], repository: RepositoryEntry): Reachable['may'] | undefined {
  const pusher = chooseCandidate(candidates, 'Write', repository);
  // Whoever acts in a push is settled before it is known what the push does.
  if (pusher?.decision.allow) {
    return decide(pusher.candidate.identity, 'Rewind', repository).allow ? 'maintain' : 'write';
  }
  return chooseCandidate(candidates, 'Read', repository)?.decision.allow ? 'read' : undefined;
}

const table = (rows: readonly Reachable[]): readonly string[] => {
  const roleWidth = Math.max(...rows.map(({ may }) => may.length));
  const pathWidth = Math.max(...rows.map(({ repository }) => repository.path.length));
  return rows.map(({ repository: { path, description }, may }) =>
    `  ${may.padEnd(roleWidth)}  ${path.padEnd(pathWidth)}  ${description ?? ''}`.trimEnd(),
  );
};
