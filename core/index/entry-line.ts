import * as z from 'zod';
import { refActions } from '../access/ref-rule.ts';
import { roles } from '../access/role.ts';
import { entryId, type IndexEntry } from './entry.ts';

/**
 * An entry as it stands in a shard, on a line of its own: `ID JSON`, the JSON without what the id tells. `ID -` stands
 * in a delta shard for an entry that is gone. Ids are made of characters that come after the blank, so lines in the
 * order of their code units are in the order of their ids.
 */
export function encodeEntry(entry: IndexEntry): string {
  return `${entryId(entry)} ${JSON.stringify(bodyOf(entry))}`;
}

export const removalOf = (id: string): string => `${id} -`;

export const isRemoval = (line: string): boolean => line.endsWith(' -');

export const idOfLine = (line: string): string => line.slice(0, line.indexOf(' '));

/** Larger entries are refused with a condition, so that no object can make a shard that the API server refuses. */
export const maxEntryBytes = 32 * 1024;

function bodyOf(entry: IndexEntry): object {
  switch (entry.kind) {
    case 'Key': {
      const { kind, hash, namespace, ...body } = entry;
      return body;
    }
    case 'User': {
      const { kind, namespace, name, ...body } = entry;
      return body;
    }
    case 'Repository': {
      const { kind, path, ...body } = entry;
      return body;
    }
  }
}

/**
 * Reads a line back. Undefined for a removal, and for what has not the right shape: whoever looks up then finds
 * nothing, and what is not found is refused.
 */
export function decodeEntry(line: string): IndexEntry | undefined {
  const blank = line.indexOf(' ');
  const [kind, ...rest] = line.slice(0, blank).split('/');
  const body = parseJson(line.slice(blank + 1));
  const [first = '', second = ''] = rest;
  switch (kind) {
    case 'key': {
      const parsed = keyBody.safeParse(body);
      return parsed.success
        ? ({ kind: 'Key', hash: first, namespace: second, ...parsed.data } as IndexEntry)
        : undefined;
    }
    case 'user': {
      const parsed = userBody.safeParse(body);
      return parsed.success
        ? ({ kind: 'User', namespace: first, name: second, ...parsed.data } as IndexEntry)
        : undefined;
    }
    case 'repository': {
      const parsed = repositoryBody.safeParse(body);
      return parsed.success ? ({ kind: 'Repository', path: rest.join('/'), ...parsed.data } as IndexEntry) : undefined;
    }
    default:
      return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const subject = z.union([
  z.object({ kind: z.enum(['User', 'Group']), namespace: z.string(), name: z.string() }),
  z.object({ kind: z.literal('Everyone') }),
]);

const keyBody = z.object({
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

const userBody = z.object({
  displayName: z.string().optional(),
  email: z.string().optional(),
  groups: z.array(z.string()),
  suspended: z.boolean(),
});

const repositoryBody = z.object({
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  type: z.literal('Git'),
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
