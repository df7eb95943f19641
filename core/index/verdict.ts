import type { IndexEntry } from './entry.ts';
import type { Finding } from './findings.ts';

/** What comes of a claim: the entry of whoever has it, if anybody, and a finding for each claimant, in their order. */
export type Verdict = { readonly entry: IndexEntry | undefined; readonly findings: readonly Finding[] };
