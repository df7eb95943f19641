import * as z from 'zod';
import type { Manifest } from './shard.ts';

/** The name of the object that holds the manifest, among those that hold shards. */
export const manifestName = 'manifest';

/** As many shards as a manifest can name and still fit into an object of its kind, which holds 524,288 characters. */
export const maxManifestShards = 4_096;

export const encodeManifest = (manifest: Manifest): string => JSON.stringify(manifest);

/** Undefined for anything else. */
export function decodeManifest(text: string): Manifest | undefined {
  try {
    return manifestSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The name of a machine, and a UUID. */
const maxWriterLength = 320;

const number = z.int().min(0);

const manifestSchema = z.object({
  epoch: number,
  revision: number,
  writer: z.string().max(maxWriterLength).optional(),
  shards: z.array(z.object({ name: z.string(), digest: z.string() })),
});
