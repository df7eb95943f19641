import type { IndexEntry } from './entry.ts';
import type { Findings } from './findings.ts';

/** What comes of a claim: the entry of whoever has it, if anybody, and a finding for each claimant. */
export type Verdict = { readonly entry: IndexEntry | undefined; readonly findings: Findings };
