import type { AcceptedReason } from '../api/condition.ts';

/** Why an object takes no part in the index, or what should be known of one that does. */
export type Finding = {
  readonly reason: AcceptedReason;
  /** What is wrong, and what to do; of an accepted object what should be known of it, or nothing. */
  readonly message: string;
  /** The field of the spec that is at fault, if it is one: `publicKey`. */
  readonly field?: string;
};

/** What is found of most objects. */
export const accepted: Finding = Object.freeze({ reason: 'Accepted', message: '' });

/** `note`: what is accepted, but perhaps not what was meant. */
export const acceptedWith = (note: string): Finding => ({ reason: 'Accepted', message: note });

export const isSameFinding = (a: Finding | undefined, b: Finding | undefined): boolean =>
  a === b || (a?.reason === b?.reason && a?.message === b?.message && a?.field === b?.field);
