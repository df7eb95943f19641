import * as z from 'zod';
import { err, ok, type Result } from '../result.ts';
import { type GitUserSpec, gitUserRules, gitUserSpec } from './git-user.ts';
import { apiVersion, type Metadata, writtenMetadata } from './metadata.ts';
import type { ObjectRef } from './object-ref.ts';
import type { ObjectRule } from './object-rule.ts';
import { type Problem, parseWith } from './problem.ts';
import { type RepositorySpec, repositoryRules, repositorySpec } from './repository.ts';
import { type SSHKeySpec, sshKeySpec } from './ssh-key.ts';
import { withoutNulls } from './without-nulls.ts';

export type GitUser = { readonly kind: 'GitUser'; readonly metadata: Metadata; readonly spec: GitUserSpec };
export type SSHKey = { readonly kind: 'SSHKey'; readonly metadata: Metadata; readonly spec: SSHKeySpec };
export type Repository = { readonly kind: 'Repository'; readonly metadata: Metadata; readonly spec: RepositorySpec };
export type Resource = GitUser | SSHKey | Repository;
export type Kind = Resource['kind'];

/** An object that is not one of ours, or not well-formed. */
export type InvalidResource = {
  readonly kind?: string;
  readonly ref?: ObjectRef;
  readonly problems: readonly Problem[];
};

const specOf = {
  GitUser: { schema: gitUserSpec, rules: gitUserRules },
  SSHKey: { schema: sshKeySpec, rules: [] as readonly ObjectRule<SSHKeySpec>[] },
  Repository: { schema: repositorySpec, rules: repositoryRules },
} as const;

export const kinds = Object.keys(specOf) as readonly Kind[];

const written = z.strictObject({
  apiVersion: z.literal(apiVersion, { error: `must be ${apiVersion}` }),
  kind: z.enum(['GitUser', 'SSHKey', 'Repository']),
  metadata: writtenMetadata,
  // Left as it is for the kind's own schema: a record would drop a field `__proto__` instead of refusing it.
  spec: z.unknown().default({}),
  status: z.unknown().optional(),
});

/** What a manifest may leave out: the namespace, and what only an API server knows. */
type MetadataDefaults = {
  readonly namespace: string;
  readonly uidOf: (kind: Kind, ref: ObjectRef) => string;
};

/** Checks one document of a manifest against its kind, and fills in defaults. Names every problem, not just the first. */
export function parseResource(document: unknown, defaults: MetadataDefaults): Result<Resource, InvalidResource> {
  const outer = parseWith(written, withoutNulls(written, document), []);
  if (!outer.ok) return err({ ...nameOf(document, defaults), problems: outer.error });
  const { kind, metadata, spec } = outer.value;
  const ref = { namespace: metadata.namespace ?? defaults.namespace, name: metadata.name };
  const parsed = parseSpec(kind, ref.name, spec);
  if (!parsed.ok) return err({ kind, ref, problems: parsed.error });
  return ok({ kind, metadata: { ...ref, uid: defaults.uidOf(kind, ref) }, spec: parsed.value } as Resource);
}

/** Checks a spec alone, of an object with that name, and fills in defaults. Names every problem. */
export function parseSpec(kind: Kind, name: string, spec: unknown): Result<Resource['spec'], readonly Problem[]> {
  const { schema, rules } = specOf[kind];
  const parsed = parseWith<Resource['spec']>(schema, withoutNulls(schema, spec), ['spec']);
  if (!parsed.ok) return parsed;
  const object = { metadata: { name }, spec: parsed.value };
  const broken = (rules as readonly ObjectRule<Resource['spec']>[]).filter((rule) => !rule.holds(object));
  if (broken.length > 0) return err(broken.map(({ path = [], message }) => ({ path, message })));
  return parsed;
}

/** As much of a broken object's name as can be told. */
function nameOf(document: unknown, defaults: MetadataDefaults): { kind?: string; ref?: ObjectRef } {
  const shape = z.object({
    kind: z.string().optional(),
    metadata: z.object({ name: z.string(), namespace: z.string().optional() }).optional(),
  });
  const found = shape.safeParse(document);
  if (!found.success) return {};
  const { kind, metadata } = found.data;
  return {
    ...(kind !== undefined && { kind }),
    ...(metadata !== undefined && {
      ref: { namespace: metadata.namespace ?? defaults.namespace, name: metadata.name },
    }),
  };
}
