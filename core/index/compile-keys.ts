import { isSourceRange } from '../access/source-range.ts';
import { formatRef } from '../api/object-ref.ts';
import type { Repository, SSHKey } from '../api/resource.ts';
import { keyHash } from '../ssh/fingerprint.ts';
import { parsePublicKeyLine, weakness } from '../ssh/public-key.ts';
import type { KeyEntry, KeyListing, UserEntry } from './entry.ts';
import { maxEntryBytes, sizeOf } from './entry-size.ts';
import { accept, type Finding, type Findings, refuse } from './findings.ts';
import { memo } from './memo.ts';
import type { IndexPolicy } from './policy.ts';
import { bySeniority } from './seniority.ts';

/** Several namespaces may list one key; within a namespace, several users may share it, each by their own login name. */
export function compileKeys(
  keys: readonly SSHKey[],
  policy: IndexPolicy,
  users: readonly UserEntry[],
  repositories: readonly Repository[],
  findings: Findings,
): readonly KeyEntry[] {
  const known: KnownOwners = {
    users: new Set(users.map((user) => formatRef(user))),
    repositories: new Set(repositories.map(({ metadata }) => formatRef(metadata))),
  };
  const claims = new Map<string, SSHKey[]>();
  for (const key of [...keys].sort(bySeniority)) {
    if (!isUsable(key, policy, known, findings)) continue;
    const parsed = parsedKey(key);
    if (!parsed.ok) continue;
    const id = `${keyHash(parsed.value.blob)}/${key.metadata.namespace}`;
    const earlier = claims.get(id);
    if (earlier === undefined) claims.set(id, [key]);
    else if (mayShare(key, earlier, findings)) earlier.push(key);
  }
  return [...claims.values()].map(keyEntry);
}

type KnownOwners = { readonly users: ReadonlySet<string>; readonly repositories: ReadonlySet<string> };

const parsedKey = memo((key: SSHKey) => parsePublicKeyLine(key.spec.publicKey));

/** Whether this key alone can be accepted; if so it is, with what should be known of it. */
function isUsable(key: SSHKey, policy: IndexPolicy, known: KnownOwners, findings: Findings): boolean {
  const missing = missingRepositories(key, known);
  const fault = faultOf(key, policy, known, missing);
  if (fault === undefined) accept(findings, key, missing);
  else refuse(findings, key, fault);
  return fault === undefined;
}

function faultOf(
  key: SSHKey,
  policy: IndexPolicy,
  known: KnownOwners,
  missing: readonly string[],
): Finding | undefined {
  const { userRef, repositoryRefs = [], sourceRanges = [] } = key.spec;
  const parsed = parsedKey(key);
  if (!parsed.ok) return { reason: 'Invalid', message: `spec.publicKey: ${parsed.error}`, field: 'publicKey' };
  const badRange = sourceRanges.find((range) => !isSourceRange(range));
  if (badRange !== undefined) {
    const message = `spec.sourceRanges: "${badRange}" is not of the form 10.0.0.0/8 or 2001:db8::/32`;
    return { reason: 'Invalid', message, field: 'sourceRanges' };
  }
  const weak = weakness(parsed.value, policy);
  if (weak !== undefined) return { reason: 'WeakKey', message: weak, field: 'publicKey' };
  const user = userRef && formatRef({ namespace: key.metadata.namespace, name: userRef.name });
  if (user !== undefined && !known.users.has(user)) {
    const message = `there is no GitUser ${user}: create it, or correct spec.userRef`;
    return { reason: 'UserNotFound', message, field: 'userRef' };
  }
  // A deploy key holds for those of its repositories that exist, for one may come or go without the others.
  if (repositoryRefs.length === 0 || missing.length < repositoryRefs.length) return undefined;
  const message = `${missing.join(', ')}: create one, or correct spec.repositoryRefs`;
  return { reason: 'RepositoryNotFound', message, field: 'repositoryRefs' };
}

const missingRepositories = ({ metadata, spec }: SSHKey, known: KnownOwners): readonly string[] =>
  (spec.repositoryRefs ?? [])
    .map(({ name }) => formatRef({ namespace: metadata.namespace, name }))
    .filter((ref) => !known.repositories.has(ref))
    .map((ref) => `there is no Repository ${ref}`);

function mayShare(key: SSHKey, earlier: readonly SSHKey[], findings: Findings): boolean {
  const winner = earlier.find(
    (other) =>
      key.spec.userRef === undefined ||
      other.spec.userRef === undefined ||
      other.spec.userRef.name === key.spec.userRef.name,
  );
  if (winner !== undefined) {
    const message = `the same public key is in SSHKey ${formatRef(winner.metadata)}, which holds: remove one of the two`;
    refuse(findings, key, { reason: 'Duplicate', message, field: 'publicKey' });
    return false;
  }
  if (sizeOf(keyEntry([...earlier, key])) > maxEntryBytes) {
    const message = 'too many users of this namespace list the same key: remove it from some of them';
    refuse(findings, key, { reason: 'TooLarge', message, field: 'publicKey' });
    return false;
  }
  for (const sharer of [...earlier, key]) {
    const login = `${sharer.spec.userRef?.name}@`;
    accept(findings, sharer, [`other users of this namespace list the same key: log in as ${login}, not as git@`]);
  }
  return true;
}

function keyEntry(keys: readonly SSHKey[]): KeyEntry {
  const [first, ...others] = keys;
  if (first === undefined) throw new Error('a key entry needs a listing');
  return others.length === 0 ? soleEntry(first) : buildEntry(keys, first);
}

/** Most keys are listed once, and their entry then depends on one object alone. */
const soleEntry = memo((key: SSHKey): KeyEntry => buildEntry([key], key));

function buildEntry(keys: readonly SSHKey[], first: SSHKey): KeyEntry {
  const parsed = parsedKey(first);
  if (!parsed.ok) throw new Error(`SSHKey ${formatRef(first.metadata)} was accepted without a public key`);
  return {
    kind: 'Key',
    hash: keyHash(parsed.value.blob),
    namespace: first.metadata.namespace,
    listings: keys.map(listing),
  };
}

function listing({ metadata, spec }: SSHKey): KeyListing {
  const { userRef, repositoryRefs, notBefore, expiresAt, sourceRanges } = spec;
  return {
    name: metadata.name,
    ...(metadata.createdAt !== undefined && { createdAt: metadata.createdAt }),
    ...(userRef !== undefined && { user: userRef.name }),
    ...(repositoryRefs !== undefined && { repositories: repositoryRefs.map(({ name }) => name) }),
    access: spec.access ?? (userRef === undefined ? 'ReadOnly' : 'ReadWrite'),
    ...(notBefore !== undefined && { notBefore: Date.parse(notBefore) }),
    ...(expiresAt !== undefined && { expiresAt: Date.parse(expiresAt) }),
    ...(sourceRanges !== undefined && { sourceRanges }),
  };
}
