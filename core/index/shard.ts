import { hash } from 'node:crypto';
import * as z from 'zod';
import { refActions } from '../access/ref-rule.ts';
import { roles } from '../access/role.ts';
import { err, ok, type Result } from '../result.ts';
import type { IndexEntry } from './entry.ts';
import { serialize } from './entry-size.ts';

/**
 * A piece of the access index, small enough to be one object of the Kubernetes API. Base shards divide all look-up keys
 * among them: a shard holds those from `from` (inclusive) to the `from` of the next. Delta shards lie over them, later
 * ones over earlier: each entry replaces the one of the same id, each id in `removed` takes one away.
 */
export type Shard = {
  readonly kind: 'Base' | 'Delta';
  /** Base: the first look-up key. Delta: its number, in decimal with leading zeros. */
  readonly from: string;
  readonly entries: readonly IndexEntry[];
  readonly removed: readonly string[];
};

export const maxShardBytes = 100 * 1024;

/** A shard as it is stored: its text, and the name under which a manifest speaks of it. */
export type StoredShard = { readonly name: string; readonly text: string; readonly digest: string };

/** Names the shards that make up one revision; nothing but what it names is ever used. */
export type Manifest = {
  /** Rises each time another writer takes over. */
  readonly epoch: number;
  /** Rises with each batch of changes. */
  readonly revision: number;
  readonly shards: readonly { readonly name: string; readonly digest: string }[];
};

/** Shards are never changed in place: the name follows from the contents. */
export function encodeShard(shard: Shard): StoredShard {
  const { kind, from, entries, removed } = shard;
  const head = JSON.stringify({ kind, from, removed }).slice(0, -1);
  const text = `${head},"entries":[${entries.map(serialize).join(',')}]}`;
  const digest = digestOf(text);
  return { name: `${kind.toLowerCase()}-${digest.slice(0, 32)}`, text, digest };
}

export const digestOf = (text: string): string => hash('sha256', text, 'hex');

/** Reads a shard back. What does not have the right shape is an error, never an index with less or more in it. */
export function decodeShard(text: string): Result<Shard, string> {
  try {
    const parsed = shardSchema.safeParse(JSON.parse(text));
    return parsed.success ? ok(parsed.data as Shard) : err(z.prettifyError(parsed.error));
  } catch (cause) {
    return err(`not JSON: ${String(cause)}`);
  }
}

const subject = z.union([
  z.object({ kind: z.enum(['User', 'Group']), namespace: z.string(), name: z.string() }),
  z.object({ kind: z.literal('Everyone') }),
]);

const keyEntry = z.object({
  kind: z.literal('Key'),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  namespace: z.string(),
  listings: z.array(
    z.object({
      name: z.string(),
      createdAt: z.number().optional(),
      user: z.string().optional(),
      repositories: z.array(z.string()).optional(),
      access: z.enum(['ReadOnly', 'ReadWrite']),
      notBefore: z.number().optional(),
      expiresAt: z.number().optional(),
      sourceRanges: z.array(z.string()).optional(),
    }),
  ),
});

const userEntry = z.object({
  kind: z.literal('User'),
  namespace: z.string(),
  name: z.string(),
  displayName: z.string().optional(),
  email: z.string().optional(),
  groups: z.array(z.string()),
  suspended: z.boolean(),
});

const repositoryEntry = z.object({
  kind: z.literal('Repository'),
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  type: z.literal('Git'),
  path: z.string(),
  description: z.string().optional(),
  defaultBranch: z.string(),
  access: z.array(z.object({ role: z.enum(roles), subjects: z.array(subject) })),
  refRules: z.array(
    z.object({
      refs: z.array(z.string()),
      actions: z.array(z.enum(refActions)),
      effect: z.enum(['Allow', 'Deny']),
      enforcement: z.enum(['Enforce', 'Warn']),
      subjects: z.array(subject),
    }),
  ),
  readOnly: z.object({ message: z.string() }).optional(),
});

const shardSchema = z.object({
  kind: z.enum(['Base', 'Delta']),
  from: z.string(),
  removed: z.array(z.string()),
  entries: z.array(z.discriminatedUnion('kind', [keyEntry, userEntry, repositoryEntry])),
});
