import type { AcceptedReason } from '../api/condition.ts';
import type { Resource } from '../api/resource.ts';

/** Why an object takes no part in the index, or what should be known of one that does. */
export type Finding = {
  readonly reason: AcceptedReason;
  /** What is wrong, and what to do; of an accepted object what should be known of it, or nothing. */
  readonly message: string;
  /** The field of the spec that is at fault, if it is one: `publicKey`. */
  readonly field?: string;
};

/** One finding for each object of a claim. */
export type Findings = Map<Resource, Finding>;

export function refuse(findings: Findings, resource: Resource, finding: Finding): void {
  findings.set(resource, finding);
}

/** What is found of most objects. */
const accepted: Finding = Object.freeze({ reason: 'Accepted', message: '' });

/** `notes`: what is accepted, but perhaps not what was meant. */
export function accept(findings: Findings, resource: Resource, notes: readonly string[] = []): void {
  findings.set(resource, notes.length === 0 ? accepted : { reason: 'Accepted', message: notes.join('; ') });
}

export const isSameFinding = (a: Finding | undefined, b: Finding | undefined): boolean =>
  a === b || (a?.reason === b?.reason && a?.message === b?.message && a?.field === b?.field);
