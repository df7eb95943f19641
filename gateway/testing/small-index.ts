import assert from 'node:assert/strict';
import { derivedUid } from '../../core/api/derived-uid.ts';
import { parseResource, type Resource } from '../../core/api/resource.ts';
import { type AccessIndex, loadIndex } from '../../core/index/access-index.ts';
import { candidatesFor } from '../../core/index/candidates.ts';
import { compileIndex } from '../../core/index/compile.ts';
import { planRevision } from '../../core/index/plan-shards.ts';
import { decodeShard, encodeShard } from '../../core/index/shard.ts';
import { keyHash } from '../../core/ssh/fingerprint.ts';

/** Objects of the namespace `team`, by kind and name: `GitUser/alice`. */
export type Specs = Readonly<Record<string, object>>;

/** A public key in SSH's form (RFC 8709 section 4), and as a `publicKey` of a manifest. */
export const keyBlob = Buffer.concat([
  Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20'),
  Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex'),
]);
export const publicKey = `ssh-ed25519 ${keyBlob.toString('base64')}`;

/** The index that a gateway would have of these objects. */
export function indexOf(specs: Specs): AccessIndex {
  const resources = Object.entries(specs).map(([id, spec]): Resource => {
    const [kind, name] = id.split('/');
    const document = { apiVersion: 'gitingress.dev/v1alpha1', kind, metadata: { name }, spec };
    const parsed = parseResource(document, { namespace: 'team', uidOf: derivedUid });
    assert.ok(parsed.ok, JSON.stringify(parsed));
    return parsed.value;
  });
  const changes = { set: compileIndex(resources, { minimumRsaBits: 2_048 }).lines, removed: new Set<string>() };
  const plan = planRevision(undefined, changes, 1, { maxDeltas: 1, foldBytes: 0 });
  assert.ok(plan);
  const shards = new Map(plan.writes.map((shard) => [shard.name, decodeShard(encodeShard(shard))]));
  const loaded = loadIndex(plan.next.manifest, (name) => shards.get(name));
  assert.ok(loaded.ok);
  return loaded.value.index;
}

/** Whom the key stands for in the year 2026. */
export const candidatesIn = (index: AccessIndex, address = '192.0.2.1'): ReturnType<typeof candidatesFor> =>
  candidatesFor(index, {
    keyHash: keyHash(keyBlob),
    loginName: 'git',
    address,
    now: Date.parse('2026-01-01T00:00:00Z'),
  });
