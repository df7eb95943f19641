import * as z from 'zod';
import { toRe2 } from './re2.ts';
import type { StructuralPart, Validation } from './structural.ts';

/**
 * What the types of fields cannot express, in two languages: `holds` for zod, `cel` for the API server. Both stand in one
 * value, so that nobody changes one of them without the other in sight; `test/kubernetes/objects.test.ts` shows that
 * they agree.
 */
export type Rule<Value> = {
  /** Leads from the value to the field that a message points at. */
  readonly path?: readonly string[];
  readonly message: string;
  readonly holds: (value: Value) => boolean;
  /** In CEL, with `self` for the value (Kubernetes: CRD validation rules). */
  readonly cel: string;
};

/** A rule as a check of a zod schema. */
export const rule = <Value>({ path = [], message, holds, cel }: Rule<Value>): z.core.$ZodCheck<Value> =>
  checkWith(holds, message, { 'x-kubernetes-validations': [validationOf({ path, message, cel })] }, path);

/** A text matches a pattern. Unlike with zod's `regex`, the API server says the same words as we do. */
export const matches = (pattern: RegExp, message: string): z.core.$ZodCheck<string> =>
  rule({ message, holds: (text) => pattern.test(text), cel: `self.matches(${celString(toRe2(pattern))})` });

/** No part of a text matches a pattern. */
export const matchesNot = (pattern: RegExp, message: string): z.core.$ZodCheck<string> =>
  rule({ message, holds: (text) => !pattern.test(text), cel: `!self.matches(${celString(toRe2(pattern))})` });

/**
 * A rule for the API server alone: about a change, or a first look at what is judged better elsewhere, by the findings
 * of `core/index`.
 */
export const celOnly = <Value>(rule: Omit<Rule<Value>, 'holds'>): z.core.$ZodCheck<Value> =>
  checkWith(() => true, rule.message, { 'x-kubernetes-validations': [validationOf(rule)] });

/** A check of zod, beside what a structural schema has for it. */
export const checkWith = <Value>(
  holds: (value: Value) => boolean,
  message: string | ((value: Value) => string),
  structural: StructuralPart,
  path: readonly string[] = [],
): z.core.$ZodCheck<Value> =>
  z.refine<Value>(holds, {
    path: [...path],
    error: typeof message === 'string' ? message : ({ input }) => message(input as Value),
    params: { structural },
  });

/** As an item of `x-kubernetes-validations`. */
export const validationOf = ({ path = [], message, cel }: Omit<Rule<never>, 'holds'>): Validation => ({
  rule: cel,
  message,
  ...(path.length > 0 && { fieldPath: path.map((field) => `.${field}`).join('') }),
});

/** A string literal of CEL, which knows all escapes of JSON. */
export const celString = (text: string): string => JSON.stringify(text);
