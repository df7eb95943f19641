import { type Action, decide } from '../access/decide.ts';
import type { Decision } from '../access/decision.ts';
import { type Identity, namespaceOf } from '../access/identity.ts';
import { isInRanges } from '../access/source-range.ts';
import { sharedLoginName } from '../api/git-user.ts';
import type { ObjectRef } from '../api/object-ref.ts';
import { err, ok, type Result } from '../result.ts';
import { fingerprintOfHash } from '../ssh/fingerprint.ts';
import type { AccessIndex } from './access-index.ts';
import type { KeyEntry, KeyListing, RepositoryEntry } from './entry.ts';
import { compare } from './seniority.ts';

/** What is known of a login, its key's signature apart. */
export type LoginFacts = {
  /** `keyHash` of the key blob. */
  readonly keyHash: string;
  readonly loginName: string;
  /** As Node gives it; an IPv4 address may come as `::ffff:a.b.c.d`. */
  readonly address: string;
  /** Milliseconds since 1970. */
  readonly now: number;
};

/** Somebody whom a key may be. */
export type Candidate = {
  readonly identity: Identity;
  /** When this candidate's key stops to hold, in milliseconds since 1970. */
  readonly expiresAt?: number;
};

/** When the first of them stops to hold, in milliseconds since 1970; infinite if none does. */
export const earliestExpiry = (candidates: readonly Candidate[]): number =>
  candidates.reduce((earliest, { expiresAt = earliest }) => Math.min(earliest, expiresAt), Number.POSITIVE_INFINITY);

/** Why a key lets nobody in; for the audit log alone: a client that logs in is told nothing. */
export type LoginRefusal =
  | 'UnknownKey'
  | 'WrongLoginName'
  | 'NotYetValid'
  | 'Expired'
  | 'SourceAddress'
  | 'Suspended'
  | 'UserGone';

/** An SSHKey object that lists a key, and its GitUser, there or not; a deploy key has none. */
export type KeyOwner = { readonly key: ObjectRef; readonly user?: ObjectRef };

/** A key that lets nobody in. */
type RefusedKey = {
  readonly reason: LoginRefusal;
  /** Those for which it is the reason; none for an unknown key. */
  readonly owners: readonly KeyOwner[];
};

/**
 * Everybody whom the key may be at this moment, older SSHKey objects first; at least one. If there is nobody, the
 * reason is that of the listing that came furthest.
 */
export function candidatesFor(index: AccessIndex, facts: LoginFacts): Result<readonly Candidate[], RefusedKey> {
  const listings = index
    .keys(facts.keyHash)
    .flatMap((entry) => entry.listings.map((listing) => ({ entry, listing })))
    .sort(byAge);
  const verdicts = listings.map((listed) => ({ listed, verdict: judge(index, facts, listed) }));
  const candidates = verdicts.flatMap(({ verdict }) => (verdict.ok ? [verdict.value] : []));
  if (candidates.length > 0) return ok(candidates);
  const refusals = verdicts.flatMap(({ verdict }) => (verdict.ok ? [] : [verdict.error]));
  const reason = refusals.sort((a, b) => steps.indexOf(b) - steps.indexOf(a))[0] ?? 'UnknownKey';
  const refused = verdicts.filter(({ verdict }) => !verdict.ok && verdict.error === reason);
  return err({ reason, owners: refused.map(({ listed }) => ownerOf(listed)) });
}

const ownerOf = ({ entry: { namespace }, listing: { name, user } }: Listed): KeyOwner => ({
  key: { namespace, name },
  ...(user !== undefined && { user: { namespace, name: user } }),
});

/** In the order in which a listing is judged. */
const steps: readonly LoginRefusal[] = [
  'UnknownKey',
  'WrongLoginName',
  'NotYetValid',
  'Expired',
  'SourceAddress',
  'UserGone',
  'Suspended',
];

type Listed = { readonly entry: KeyEntry; readonly listing: KeyListing };

const byAge = (a: Listed, b: Listed): number =>
  (a.listing.createdAt ?? 0) - (b.listing.createdAt ?? 0) ||
  compare(a.entry.namespace, b.entry.namespace) ||
  compare(a.listing.name, b.listing.name);

function judge(index: AccessIndex, facts: LoginFacts, { entry, listing }: Listed): Result<Candidate, LoginRefusal> {
  if (!answersTo(facts.loginName, entry, listing)) return err('WrongLoginName');
  if (listing.notBefore !== undefined && facts.now < listing.notBefore) return err('NotYetValid');
  if (listing.expiresAt !== undefined && facts.now >= listing.expiresAt) return err('Expired');
  if (listing.sourceRanges !== undefined && !isInRanges(facts.address, listing.sourceRanges))
    return err('SourceAddress');
  const expiry = listing.expiresAt === undefined ? {} : { expiresAt: listing.expiresAt };
  const { namespace } = entry;
  const key = { namespace, name: listing.name, fingerprint: fingerprintOfHash(entry.hash) };
  const { access } = listing;
  if (listing.user === undefined) {
    const repositories = listing.repositories ?? [];
    return ok({ identity: { kind: 'DeployKey', key, repositories, access }, ...expiry });
  }
  const user = index.user({ namespace, name: listing.user });
  if (user === undefined) return err('UserGone');
  if (user.suspended) return err('Suspended');
  const { name, groups, displayName, email } = user;
  const names = { ...(displayName !== undefined && { displayName }), ...(email !== undefined && { email }) };
  return ok({ identity: { kind: 'User', user: { namespace, name }, groups, access, key, ...names }, ...expiry });
}

/** Users who share a key within a namespace answer to their own names alone; deploy keys to the shared name alone. */
function answersTo(loginName: string, entry: KeyEntry, listing: KeyListing): boolean {
  if (loginName === sharedLoginName) return entry.listings.length === 1;
  return listing.user === loginName;
}

/**
 * Which candidate acts when a repository is named: the first that is allowed, those of the repository's own namespace
 * before the others. If none is, the refusal of the first that may at least read, which may then be told why.
 */
export function chooseCandidate(
  candidates: readonly Candidate[],
  action: Action,
  repository: RepositoryEntry,
): { readonly candidate: Candidate; readonly decision: Decision } | undefined {
  const isOwn = ({ identity }: Candidate): boolean => namespaceOf(identity) === repository.namespace;
  const inOrder = [...candidates.filter(isOwn), ...candidates.filter((candidate) => !isOwn(candidate))];
  const decided = inOrder.map((candidate) => ({
    candidate,
    decision: decide(candidate.identity, action, repository),
  }));
  return (
    decided.find(({ decision }) => decision.allow) ??
    decided.find(({ decision }) => !decision.allow && decision.reason !== 'NoGrant') ??
    decided[0]
  );
}
