import type { Claim, Claimant } from './claimant.ts';

/** Who claims what. Nearly every claim has one claimant, who then needs no set of their own: a third of the memory. */
export type ClaimBook = {
  add(claimant: Claimant): void;
  remove(claimant: Claimant): void;
  claimants(claim: Claim): readonly Claimant[];
};

export function createClaimBook(): ClaimBook {
  const book = new Map<Claim, Claimant | Set<Claimant>>();

  return {
    add(claimant) {
      const { claim } = claimant;
      const known = book.get(claim);
      if (known === undefined) book.set(claim, claimant);
      else if (known instanceof Set) known.add(claimant);
      else book.set(claim, new Set([known, claimant]));
    },
    remove(claimant) {
      const { claim } = claimant;
      const known = book.get(claim);
      if (known === claimant) book.delete(claim);
      else if (known instanceof Set && known.delete(claimant) && known.size === 0) book.delete(claim);
    },
    claimants(claim) {
      const known = book.get(claim);
      if (known === undefined) return [];
      return known instanceof Set ? [...known] : [known];
    },
  };
}
