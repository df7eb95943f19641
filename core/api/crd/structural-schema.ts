import * as z from 'zod';
import type { StructuralSchema } from '../structural.ts';
import { structuralPartOf } from './structural-checks.ts';

/**
 * Turns a zod schema into the structural schema of a CustomResourceDefinition. It knows what our schemas are made of and
 * throws on everything else, so that nothing that zod checks is lost on the way. Throws, too, on what an API server would
 * be sorry for: lists and texts without bounds (the cost of CEL is estimated from them), fields without a description.
 *
 * `path` is where the schema stands, for messages.
 */
export function buildStructuralSchema(schema: z.core.$ZodType, path: string): StructuralSchema {
  const built = describe(schema, path);
  if (!built.description) throw new Error(`${path}: has no description for kubectl explain`);
  return built;
}

/** What is wrapped, as optional or with a default, may have its description on the wrapping, which then goes first. */
function describe(schema: z.core.$ZodType, path: string): StructuralSchema {
  const description = z.globalRegistry.get(schema)?.description;
  return { ...build(schema as z.core.$ZodTypes, path), ...(description !== undefined && { description }) };
}

function build(schema: z.core.$ZodTypes, path: string): StructuralSchema {
  const { def } = schema._zod;
  switch (def.type) {
    case 'optional':
      return describe(def.innerType, path);
    case 'default':
      return { ...describe(def.innerType, path), default: def.defaultValue };
    case 'boolean':
      return { type: 'boolean', ...structuralPartOf(schema, path) };
    case 'string':
      return buildString(schema, path);
    case 'enum':
      return { type: 'string', enum: Object.values(def.entries).map(String), ...structuralPartOf(schema, path) };
    case 'number':
      return buildInteger(schema, path);
    case 'array':
      return buildList(schema, def.element, path);
    case 'object':
      return buildObject(schema, def, path);
    default:
      throw new Error(`${path}: a structural schema of ours has no ${def.type}`);
  }
}

function buildString(schema: z.core.$ZodTypes, path: string): StructuralSchema {
  const built: StructuralSchema = { type: 'string', ...structuralPartOf(schema, path) };
  if (built.maxLength === undefined) throw new Error(`${path}: a text without a bound`);
  const format = 'format' in schema._zod.def ? schema._zod.def.format : undefined;
  if (format === undefined) return built;
  if (format !== 'datetime') throw new Error(`${path}: format ${format} has no equal in Kubernetes`);
  if (built.pattern === undefined)
    throw new Error(`${path}: date-time takes more than zod does; narrow it by a pattern`);
  return { ...built, format: 'date-time' };
}

function buildInteger(schema: z.core.$ZodTypes, path: string): StructuralSchema {
  const format = 'format' in schema._zod.def ? schema._zod.def.format : undefined;
  if (format !== 'safeint') throw new Error(`${path}: a number that is not z.int()`);
  const built = structuralPartOf(schema, path);
  if (built.minimum === undefined) throw new Error(`${path}: an integer without a minimum`);
  return { type: 'integer', format: 'int64', maximum: Number.MAX_SAFE_INTEGER, ...built };
}

function buildList(schema: z.core.$ZodTypes, element: z.core.$ZodType, path: string): StructuralSchema {
  const built: StructuralSchema = {
    type: 'array',
    'x-kubernetes-list-type': 'atomic',
    ...structuralPartOf(schema, path),
    items: buildStructuralSchema(element, `${path}[]`),
  };
  if (built.maxItems === undefined) throw new Error(`${path}: a list without a bound`);
  for (const key of built['x-kubernetes-list-map-keys'] ?? []) {
    if (!built.items?.required?.includes(key)) throw new Error(`${path}: items need ${key}, which tells them apart`);
  }
  return built;
}

function buildObject(schema: z.core.$ZodTypes, def: z.core.$ZodObjectDef, path: string): StructuralSchema {
  if (def.catchall?._zod.def.type !== 'never') throw new Error(`${path}: only a strict object is pruned as zod does`);
  const fields = Object.entries(def.shape);
  const required = fields.filter(([, field]) => field._zod.optin === undefined).map(([name]) => name);
  return {
    type: 'object',
    ...(required.length > 0 && { required }),
    properties: Object.fromEntries(
      fields.map(([name, field]) => [name, buildStructuralSchema(field, `${path}.${name}`)]),
    ),
    ...structuralPartOf(schema, path),
  };
}
