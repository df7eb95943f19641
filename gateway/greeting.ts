import type { Identity } from '../core/access/identity.ts';
import { formatRef } from '../core/api/object-ref.ts';
import type { AccessIndex } from '../core/index/access-index.ts';
import { type Candidate, chooseCandidate } from '../core/index/candidates.ts';
import type { RepositoryEntry } from '../core/index/entry.ts';

const maxListed = 100;

/** What `ssh git@host` prints: who one is here, by which key, and what it reaches. */
export function greeting(candidates: readonly Candidate[], index: AccessIndex): string {
  const lines = candidates.map(({ identity }) => `Hello ${nameOf(identity)}${keyOf(identity)}.`);
  const { listed, more } = reachable(candidates, index);
  if (listed.length === 0) lines.push('', 'You have no access to any repository.');
  else lines.push('', 'You can reach:', ...table(listed));
  if (more) lines.push(`  … and more than these ${maxListed}`);
  return `${lines.join('\n')}\n`;
}

const nameOf = (identity: Identity): string => {
  if (identity.kind === 'DeployKey') return `deploy key ${formatRef(identity.key)}`;
  const ref = formatRef(identity.user);
  return identity.displayName === undefined ? ref : `${identity.displayName} (${ref})`;
};

const keyOf = ({ kind, key }: Identity): string => {
  if (key === undefined) return '';
  return kind === 'DeployKey'
    ? ` (${key.fingerprint})`
    : `, you logged in with SSHKey ${formatRef(key)} (${key.fingerprint})`;
};

type Reachable = { readonly repository: RepositoryEntry; readonly may: 'read' | 'write' };

function reachable(
  candidates: readonly Candidate[],
  index: AccessIndex,
): { listed: readonly Reachable[]; more: boolean } {
  const listed: Reachable[] = [];
  for (const entry of index.entries()) {
    if (entry.kind !== 'Repository' || chooseCandidate(candidates, 'Read', entry)?.decision.allow !== true) continue;
    if (listed.length === maxListed) return { listed, more: true };
    const mayWrite = chooseCandidate(candidates, 'Write', entry)?.decision.allow === true;
    listed.push({ repository: entry, may: mayWrite ? 'write' : 'read' });
  }
  return { listed: listed.sort((a, b) => (a.repository.path < b.repository.path ? -1 : 1)), more: false };
}

const table = (rows: readonly Reachable[]): readonly string[] => {
  const width = Math.max(...rows.map(({ repository }) => repository.path.length));
  return rows.map(({ repository: { path, description }, may }) =>
    `  ${may.padEnd(5)}  ${path.padEnd(width)}  ${description ?? ''}`.trimEnd(),
  );
};
