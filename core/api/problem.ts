import * as z from 'zod';
import { nearest } from '../nearest.ts';
import { err, ok, type Result } from '../result.ts';
import { explainIssue } from './explain-issue.ts';

/** `path` leads to the field, e.g. `['spec', 'access', 0, 'role']`. */
export type Problem = { readonly path: Path; readonly message: string };

type Path = readonly (string | number)[];

/** `spec.access[0].role: must be ...`. */
export function formatProblem({ path, message }: Problem): string {
  const field = path.map((key, at) => (typeof key === 'number' ? `[${key}]` : at === 0 ? key : `.${key}`)).join('');
  return field === '' ? message : `${field}: ${message}`;
}

/** Parses a value that stands at `at` in its document, and names every problem, not just the first. */
export function parseWith<Value>(
  schema: z.ZodType<Value>,
  value: unknown,
  at: Path,
): Result<Value, readonly Problem[]> {
  const parsed = schema.safeParse(value, { error: explainIssue, reportInput: true });
  if (parsed.success) return ok(parsed.data);
  const { issues } = parsed.error;
  const unknown = new Map(issues.map((issue) => [issue, unknownFields(issue, schema)]));
  // A field that is missing because its name is misspelt is one mistake, told where it was written.
  const misspelt = new Set([...unknown.values()].flat().map(({ meant }) => meant));
  const problems = issues.flatMap((issue): readonly Problem[] => {
    if (issue.code === 'unrecognized_keys') return unknown.get(issue) ?? [];
    const path = issue.path as Path;
    return misspelt.has(path.join('/')) ? [] : [{ path, message: issue.message }];
  });
  return err(problems.map(({ path, message }) => ({ path: [...at, ...path], message })));
}

type UnknownField = Problem & {
  /** The path of the field that was meant, as far as that can be told: `spec/path`. */
  readonly meant?: string;
};

/** With more unknown fields than this, a mapping is something else and not misspelt. */
const maxMisspelt = 20;

function unknownFields(issue: z.core.$ZodIssue, schema: z.core.$ZodType): readonly UnknownField[] {
  if (issue.code !== 'unrecognized_keys') return [];
  const parent = issue.path as Path;
  const fields = issue.keys.length > maxMisspelt ? [] : fieldsAt(schema, parent);
  const free = fields.filter((field) => !Object.hasOwn(issue.input ?? {}, field));
  return issue.keys.map((key) => {
    const path = [...parent, key];
    const meant = nearest(key, free);
    if (meant === undefined) return { path, message: 'unknown field: remove it, or look for a typing error' };
    return { path, message: `unknown field; did you mean ${meant}?`, meant: [...parent, meant].join('/') };
  });
}

/** The names of the fields that a mapping may have; none if that is not settled. */
function fieldsAt(schema: z.core.$ZodType, [key, ...rest]: Path): readonly string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    return fieldsAt(schema.unwrap(), key === undefined ? [] : [key, ...rest]);
  }
  if (schema instanceof z.ZodArray) return fieldsAt(schema.element, rest);
  if (!(schema instanceof z.ZodObject)) return [];
  if (key === undefined) return Object.keys(schema.shape);
  const field: z.core.$ZodType | undefined = schema.shape[key];
  return field === undefined ? [] : fieldsAt(field, rest);
}
