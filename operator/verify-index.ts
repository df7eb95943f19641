import { setTimeout as sleep } from 'node:timers/promises';
import { compileIndex } from '../core/index/compile.ts';
import { changesBetween, isEmpty } from '../core/index/index-changes.ts';
import type { IndexPolicy } from '../core/index/policy.ts';
import { entryLines } from '../core/index/shard-set.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import { inherit } from './index/take-over.ts';
import { listObjects } from './list-objects.ts';

/** What the index in the cluster has that it should not have, and the other way round: ids of entries. */
export type IndexDifference = {
  readonly missing: readonly string[];
  readonly different: readonly string[];
  readonly surplus: readonly string[];
  /** The index cannot be read at all. */
  readonly damage?: string;
};

type VerifyOptions = {
  readonly client: ApiClient;
  readonly namespaces: readonly string[];
  /** Of the release. */
  readonly namespace: string;
  readonly policy: IndexPolicy;
  readonly signal: AbortSignal;
};

/** What is being published at the moment of the look is no difference. */
const looks = 5;
const pauseMs = 1_000;

/** Compiles every object anew, and compares that with the index in the cluster. Undefined: they are the same. */
export async function verifyIndex(options: VerifyOptions): Promise<IndexDifference | undefined> {
  let difference = await look(options);
  for (let n = 1; n < looks && difference !== undefined; n += 1) {
    await sleep(pauseMs, undefined, { signal: options.signal });
    difference = await look(options);
  }
  return difference;
}

async function look({
  client,
  namespaces,
  namespace,
  policy,
  signal,
}: VerifyOptions): Promise<IndexDifference | undefined> {
  const { resources } = await listObjects({ client, namespaces, signal });
  const { set, damage } = await inherit(client, namespace, signal);
  const wanted = compileIndex(resources, policy).lines;
  const stored = set === undefined ? new Map<string, string>() : entryLines(set);
  const changes = changesBetween(stored, wanted);
  if (set !== undefined && damage === undefined && isEmpty(changes)) return undefined;
  const changed = [...changes.set.keys()];
  return {
    missing: changed.filter((id) => !stored.has(id)),
    different: changed.filter((id) => stored.has(id)),
    surplus: [...changes.removed],
    ...(set === undefined ? { damage: 'there is no index' } : damage !== undefined && { damage }),
  };
}
