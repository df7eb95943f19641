import * as z from 'zod';
import type { Manifest } from './shard.ts';

/** The name of the object that holds the manifest, among those that hold shards. */
export const manifestName = 'manifest';

export const encodeManifest = (manifest: Manifest): string => JSON.stringify(manifest);

/** Undefined for anything else. */
export function decodeManifest(text: string): Manifest | undefined {
  try {
    return manifestSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

const number = z.int().min(0);

const manifestSchema = z.object({
  epoch: number,
  revision: number,
  shards: z.array(z.object({ name: z.string(), digest: z.string() })),
});
