import { hash } from 'node:crypto';
import * as z from 'zod';
import { createLineTable, type LineTable } from './line-table.ts';

/**
 * A piece of the access index, small enough to be one object of the Kubernetes API. Base shards divide all ids among
 * them: a shard holds those from `from` (inclusive) to the `from` of the next. Delta shards lie over them, later ones
 * over earlier: each line replaces the one of the same id, or takes it away.
 */
export type Shard = {
  readonly kind: 'Base' | 'Delta';
  /** Base: the first id. Delta: its number, in decimal with leading zeros. */
  readonly from: string;
  /** Base: the number of the delta shard up to which all deltas are contained in it. */
  readonly through: string;
  /** As `encodeEntry` and `removalOf` make them, sorted, one for each id. */
  readonly lines: readonly string[];
};

/** A shard under the name by which a manifest speaks of it. It follows from the contents, which never change. */
export type NamedShard = Shard & { readonly name: string; readonly digest: string; readonly bytes: number };

/** A shard as a gateway keeps it. */
export type LoadedShard = Omit<Shard, 'lines'> & {
  readonly digest: string;
  readonly bytes: number;
  readonly table: LineTable;
};

export const maxShardBytes = 100 * 1024;

/** Whether changes still go into this delta shard if it is the uppermost: each one writes it again. */
export const isOpen = ({ bytes }: NamedShard): boolean => bytes < maxShardBytes / 2;

/** Names the shards that make up one revision; nothing but what it names is ever used. */
export type Manifest = {
  /** Rises each time another writer takes over. */
  readonly epoch: number;
  /** Rises with each batch of changes. */
  readonly revision: number;
  /** Who wrote it, for two that took over at the same time have the same epoch. Absent: nobody knows. */
  readonly writer?: string | undefined;
  readonly shards: readonly { readonly name: string; readonly digest: string }[];
};

/** A gateway of another version must not guess what it reads. */
const version = 1;

/** The text of a shard: a line of JSON that says what it is, then its own lines. */
export function encodeShard({ kind, from, through, lines }: Shard): string {
  const head = JSON.stringify({ version, kind, from, through });
  return `${[head, ...lines].join('\n')}\n`;
}

export function nameShard(shard: Shard): NamedShard {
  const text = encodeShard(shard);
  const digest = digestOf(text);
  const name = `${shard.kind.toLowerCase()}-${digest.slice(0, 32)}`;
  return { ...shard, name, digest, bytes: Buffer.byteLength(text) };
}

export const digestOf = (text: string | Buffer): string => hash('sha256', text, 'hex');

/**
 * Reads a shard; undefined for any other text, and for a shard of another version. It counts for nothing before a
 * manifest names its digest.
 */
export function decodeShard(text: string): LoadedShard | undefined {
  const bytes = Buffer.from(text);
  const end = bytes.indexOf('\n');
  const head = headSchema.safeParse(parseJson(bytes.toString('utf8', 0, end)));
  const table = createLineTable(bytes, end + 1);
  if (!head.success || table === undefined) return undefined;
  const { kind, from, through } = head.data;
  return { kind, from, through, digest: digestOf(bytes), bytes: bytes.length, table };
}

export const linesOf = ({ table }: LoadedShard): readonly string[] =>
  Array.from({ length: table.length }, (_, at) => table.line(at));

const headSchema = z.object({
  version: z.literal(version),
  kind: z.enum(['Base', 'Delta']),
  from: z.string(),
  through: z.string(),
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
