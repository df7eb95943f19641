import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Identity } from '../core/access/identity.ts';
import { formatRef } from '../core/api/object-ref.ts';
import type { AccessIndex } from '../core/index/access-index.ts';
import { type Candidate, chooseCandidate } from '../core/index/candidates.ts';
import type { RepositoryEntry } from '../core/index/entry.ts';
import { compare } from '../core/index/seniority.ts';

const maxListed = 100;

/** Milliseconds that the event loop may be held at a time: an index may know very many repositories. */
const longestTurn = 10;

/** What `ssh git@host` prints: who one is here, by which key, and what it reaches. */
export async function greeting(candidates: readonly Candidate[], index: AccessIndex): Promise<string> {
  const lines = candidates.map(({ identity }) => `Hello ${nameOf(identity)}${keyOf(identity)}.`);
  const reached = await findReachable(candidates, index);
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

type Reachable = { readonly repository: RepositoryEntry; readonly may: 'read' | 'write' };

/** By path. */
async function findReachable(candidates: readonly Candidate[], index: AccessIndex): Promise<readonly Reachable[]> {
  const found: Reachable[] = [];
  let turnEnds = performance.now() + longestTurn;
  for (const repository of index.repositories()) {
    const may = (action: 'Read' | 'Write'): boolean =>
      chooseCandidate(candidates, action, repository)?.decision.allow === true;
    if (may('Read')) found.push({ repository, may: may('Write') ? 'write' : 'read' });
    if (performance.now() < turnEnds) continue;
    await nextTurn();
    turnEnds = performance.now() + longestTurn;
  }
  return found.sort((a, b) => compare(a.repository.path, b.repository.path));
}

const table = (rows: readonly Reachable[]): readonly string[] => {
  const width = Math.max(...rows.map(({ repository }) => repository.path.length));
  return rows.map(({ repository: { path, description }, may }) =>
    `  ${may.padEnd(5)}  ${path.padEnd(width)}  ${description ?? ''}`.trimEnd(),
  );
};
