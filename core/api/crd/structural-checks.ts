import type * as z from 'zod';
import { toRe2 } from '../re2.ts';
import type { StructuralPart } from '../structural.ts';

/** What the checks of one zod schema add to its structural schema. Throws on a check that would be lost. */
export function structuralPartOf(schema: z.core.$ZodTypes, path: string): StructuralPart {
  const isText = schema._zod.def.type === 'string';
  return (schema._zod.def.checks ?? []).map((check) => partOf(check, isText, path)).reduce(merge, {});
}

function partOf(check: z.core.$ZodCheck, isText: boolean, path: string): StructuralPart {
  const { def } = check._zod as z.core.$ZodChecks['_zod'];
  switch (def.check) {
    case 'min_length':
      if (isText && def.minimum > 1) throw new Error(`${path}: min() counts UTF-16 units, Kubernetes code points`);
      return isText ? { minLength: def.minimum } : { minItems: def.minimum };
    case 'max_length':
      if (isText) throw new Error(`${path}: max() counts UTF-16 units, Kubernetes code points: use text()`);
      return { maxItems: def.maximum };
    case 'greater_than':
      if (!def.inclusive) throw new Error(`${path}: give an inclusive minimum`);
      return { minimum: Number(def.value) };
    case 'less_than':
      if (!def.inclusive) throw new Error(`${path}: give an inclusive maximum`);
      return { maximum: Number(def.value) };
    case 'string_format':
      if (def.format !== 'regex' || def.pattern === undefined) throw new Error(`${path}: ${def.format} would be lost`);
      return { pattern: toRe2(def.pattern) };
    default:
      return twinOf(check, path);
  }
}

/** A check of our own brings its part along (`checkWith`). */
function twinOf(check: z.core.$ZodCheck, path: string): StructuralPart {
  const { params } = check._zod.def as { readonly params?: { readonly structural?: StructuralPart } };
  if (params?.structural === undefined) throw new Error(`${path}: the check ${check._zod.def.check} would be lost`);
  return params.structural;
}

const merge = (a: StructuralPart, b: StructuralPart): StructuralPart => {
  const { 'x-kubernetes-validations': first = [], ...rest } = a;
  const { 'x-kubernetes-validations': second = [], ...added } = b;
  const twice = Object.keys(added).find((key) => key in rest);
  if (twice !== undefined) throw new Error(`two checks give ${twice}, where a schema has one`);
  const validations = [...first, ...second];
  return { ...rest, ...added, ...(validations.length > 0 && { 'x-kubernetes-validations': validations }) };
};
