import * as z from 'zod';
import { text } from './text.ts';

/** In characters; five times what the writer puts into one, and well below what etcd takes in a request. */
const maxShardCharacters = 524_288;

/**
 * The internal kind that holds the access index, in the namespace of the release: shards, named after their contents
 * (`core/index/shard.ts`), and the manifest, which alone names those that count. One kind for both, so that one list is
 * one state and one watch keeps their order.
 */
export const accessIndexShardSpec = z
  .strictObject({
    data: text(maxShardCharacters).min(1).describe('A shard, or the manifest, as the operator encodes it.'),
  })
  .describe('A piece of the access index. Written by the operator, read by gateways; not to be edited.');

export type AccessIndexShardSpec = z.output<typeof accessIndexShardSpec>;
