import * as z from 'zod';

/**
 * Takes away known fields that are null, as an API server does before it looks at an object: `groups:` without a value
 * says the same as no `groups`. A null in a list stays, and so does one in a field that the schema does not know.
 */
export const withoutNulls = (schema: z.core.$ZodType, value: unknown): unknown =>
  hasNull(value) ? prune(schema, value) : value;

/** Few objects have one; walking along the schema takes ten times as long. */
const hasNull = (value: unknown): boolean =>
  value === null || (typeof value === 'object' && Object.values(value).some(hasNull));

function prune(schema: z.core.$ZodType, value: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return prune(schema.unwrap(), value);
  if (schema instanceof z.ZodArray && Array.isArray(value)) return value.map((item) => prune(schema.element, item));
  if (!(schema instanceof z.ZodObject) || typeof value !== 'object' || value === null || Array.isArray(value)) {
    return value;
  }
  const fields = Object.entries(value).flatMap(([name, field]) => {
    const known = Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined;
    if (known === undefined) return [[name, field]];
    return field === null ? [] : [[name, prune(known, field)]];
  });
  return Object.fromEntries(fields);
}
