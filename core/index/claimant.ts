import type { Resource } from '../api/resource.ts';
import type { Finding } from './findings.ts';

/**
 * What objects compete for: a path, a user's name, or a public key within a namespace. All claimants of one are judged
 * together, and together make at most the one entry of this id; objects of different claims touch each other through
 * names alone.
 */
export type Claim = string;

/** An object with what can be said of it alone. */
export type Claimant<Kind extends Resource = Resource> = {
  readonly resource: Kind;
  readonly claim: Claim;
  /** What it cannot be accepted for, whatever else there is. */
  readonly fault: Finding | undefined;
};
