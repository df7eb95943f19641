import type { ObjectKey } from '../api/object-key.ts';
import type { Resource } from '../api/resource.ts';
import type { Claim } from './claim-of.ts';
import type { Finding } from './findings.ts';
import { byPathClaim } from './path-claim.ts';
import { bySeniority } from './seniority.ts';

/** An object as it was last given, and what was found of it. */
export type Claimant = {
  readonly key: ObjectKey;
  readonly resource: Resource;
  /** None of an object that is refused for itself: nothing that happens to others touches it. */
  readonly claim: Claim | undefined;
  /** Undefined until it was judged for the first time. */
  finding: Finding | undefined;
};

/** Who claims what. Nearly every claim has one claimant, who then needs no set of their own: a third of the memory. */
export type ClaimBook = {
  add(claim: Claim, claimant: Claimant): void;
  remove(claim: Claim, claimant: Claimant): void;
  /** In the order of their right: whoever comes first has what is claimed. */
  claimants(claim: Claim): readonly Claimant[];
};

export function createClaimBook(): ClaimBook {
  const book = new Map<Claim, Claimant | Set<Claimant>>();

  return {
    add(claim, claimant) {
      const known = book.get(claim);
      if (known === undefined) book.set(claim, claimant);
      else if (known instanceof Set) known.add(claimant);
      else book.set(claim, new Set([known, claimant]));
    },
    remove(claim, claimant) {
      const known = book.get(claim);
      if (known === claimant) book.delete(claim);
      else if (known instanceof Set && known.delete(claimant) && known.size === 0) book.delete(claim);
    },
    claimants(claim) {
      const known = book.get(claim);
      if (known === undefined) return [];
      if (!(known instanceof Set)) return [known];
      const sorted = [...known].sort(byRight);
      // Kept in their order: after a change of one of ten thousand, the next sort finds them nearly sorted.
      book.set(claim, new Set(sorted));
      return sorted;
    },
  };
}

const byRight = ({ resource: a }: Claimant, { resource: b }: Claimant): number =>
  a.kind === 'Repository' && b.kind === 'Repository' ? byPathClaim(a, b) : bySeniority(a, b);
