import type { Rule } from './rule.ts';

/** A rule about an object's name, or about its name and its spec; an API server shows CEL no more of the metadata. */
export type ObjectRule<Spec> = Rule<{ readonly metadata: { readonly name: string }; readonly spec: Spec }>;
