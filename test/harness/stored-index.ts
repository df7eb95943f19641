import assert from 'node:assert/strict';
import { formatIdentity } from '../../core/access/identity.ts';
import { type AccessIndex, loadIndex } from '../../core/index/access-index.ts';
import { candidatesFor, chooseCandidate } from '../../core/index/candidates.ts';
import { decodeManifest, manifestName } from '../../core/index/manifest.ts';
import { decodeShard, type LoadedShard } from '../../core/index/shard.ts';
import { keyHash } from '../../core/ssh/fingerprint.ts';
import { parsePublicKeyLine } from '../../core/ssh/public-key.ts';
import type { Cluster } from './cluster.ts';

/** The access index that the cluster holds at this moment, as a gateway that starts now would have it. */
export async function readStoredIndex({ list }: Pick<Cluster, 'list'>): Promise<AccessIndex> {
  const texts = new Map(
    (await list('AccessIndexShard')).map(({ metadata, spec }) => [metadata.name, String(spec?.data)]),
  );
  const manifest = decodeManifest(texts.get(manifestName) ?? '');
  assert.ok(manifest !== undefined, 'there is no manifest');
  const shardOf = (name: string): LoadedShard | undefined => {
    const text = texts.get(name);
    return text === undefined ? undefined : decodeShard(text);
  };
  const loaded = loadIndex(manifest, shardOf);
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.error);
  return loaded.value.index;
}

/** Somebody who knocks: with a key, under a login name. */
export type Login = { readonly publicKey: string; readonly name?: string };

/**
 * As whom somebody may read and write what lies at a path, by the code that decides for gateways: `GitUser team/alice:
 * Write`. Else why not: the reason of the login's refusal, `NoRepository`, or that of the decision.
 */
export function accessTo(index: AccessIndex, { publicKey, name = 'git' }: Login, path: string): string {
  const parsed = parsePublicKeyLine(publicKey);
  assert.ok(parsed.ok);
  const facts = { keyHash: keyHash(parsed.value.blob), loginName: name, address: '127.0.0.1', now: Date.now() };
  const candidates = candidatesFor(index, facts);
  if (!candidates.ok) return candidates.error.reason;
  const repository = index.repository(path);
  if (repository === undefined) return 'NoRepository';
  let refusal = '';
  for (const action of ['Write', 'Read'] as const) {
    const chosen = chooseCandidate(candidates.value, action, repository);
    assert.ok(chosen !== undefined);
    const { candidate, decision } = chosen;
    if (decision.allow) return `${formatIdentity(candidate.identity)}: ${action}`;
    refusal = decision.reason;
  }
  return refusal;
}

/** `LOGIN PATH: WHO: ACTION` for everything that these may do at these paths. */
export const accessOf = (
  index: AccessIndex,
  logins: Readonly<Record<string, Login>>,
  paths: readonly string[],
): readonly string[] =>
  Object.entries(logins).flatMap(([who, login]) =>
    paths.flatMap((path) => {
      const answer = accessTo(index, login, path);
      return answer.includes(': ') ? [`${who} ${path}: ${answer}`] : [];
    }),
  );
