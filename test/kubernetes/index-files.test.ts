/** What two operators do to each other's index, when both believe that they lead. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pino } from 'pino';
import { decodeManifest, manifestName } from '../../core/index/manifest.ts';
import { planRevision } from '../../core/index/plan-shards.ts';
import type { ShardSet } from '../../core/index/shard-set.ts';
import type { ApiClient } from '../../kubernetes/api-client.ts';
import { ConnectionFault } from '../../kubernetes/api-error.ts';
import { startReflector } from '../../kubernetes/reflector.ts';
import { createStore } from '../../kubernetes/store.ts';
import { createMandate, DeposedError } from '../../operator/index/leading.ts';
import { createManifestWriter, type ManifestWriter } from '../../operator/index/manifest-writer.ts';
import { createShardFiles } from '../../operator/index/shard-files.ts';
import { createShardKeeper } from '../../operator/index/shard-keeper.ts';
import { readStoredPart, type StoredPart } from '../../operator/index/stored-shard.ts';
import { shardType } from '../../operator/resource-types.ts';
import { releaseNamespace as namespace, startCluster } from '../harness/cluster.ts';
import { until } from '../harness/wait.ts';

const cluster = await startCluster({ after });
const { client } = cluster;
const log = pino({ level: 'silent' });
const ending = new AbortController();
const { signal } = ending;
after(() => ending.abort());
const mandate = createMandate(() => true, signal);
const stored = createStore<StoredPart>({ log });
startReflector<StoredPart>({
  client,
  type: shardType,
  namespace,
  sink: stored,
  transform: readStoredPart,
  log,
  signal,
});

/** A revision with one shard that tells its text from others. */
function revisionOf(text: string, revision: number, epoch = 7): ShardSet {
  const line = `user/team/${text} {}`;
  const plan = planRevision(undefined, { set: new Map([[text, line]]), removed: new Set() }, epoch, 'Append');
  assert.ok(plan);
  return { ...plan.next, manifest: { ...plan.next.manifest, revision } };
}

const writerOf = (identity: string, inherited: string | undefined, using: ApiClient = client): ManifestWriter =>
  createManifestWriter({
    ...{ files: createShardFiles(using, namespace), stored, namespace, inherited, identity, mandate, log },
  });

const find = () => client.get(shardType, { namespace, name: manifestName });
const manifest = async () => {
  const found = await find();
  return { version: found?.metadata.resourceVersion, content: decodeManifest(String((found?.spec as Data)?.data)) };
};
type Data = { readonly data?: unknown } | undefined;

/** An API server that does what it is asked, and whose answer is lost. */
function losing(verbs: readonly ('create' | 'replace')[]): ApiClient {
  const lossy = { ...client };
  for (const verb of verbs) {
    lossy[verb] = async (...request) => {
      await client[verb](...request);
      throw new ConnectionFault('Timeout', 'lost');
    };
  }
  return lossy;
}

before(() => stored.synced);

test('of two that begin with the same epoch one is told so, whoever comes second', async () => {
  const first = writerOf('first', undefined);
  await first.write(revisionOf('base', 1));
  const { version, content } = await manifest();
  assert.equal(content?.writer, 'first');
  const [a, b] = [writerOf('a', version), writerOf('b', version)];
  await b.write(revisionOf('b', 2, 8));
  await assert.rejects(a.write(revisionOf('a', 2, 8)), DeposedError);
  assert.equal((await manifest()).content?.writer, 'b');
  await b.write(revisionOf('b', 3, 8));
});

test('a manifest without a writer is written over', async () => {
  const { version, content } = await manifest();
  const writer = writerOf('c', version);
  await writer.write(revisionOf('c', 10, 9));
  const data = JSON.stringify({ ...content, epoch: 9, revision: 11, writer: undefined });
  await client.mergePatch(shardType, { namespace, name: manifestName }, { spec: { data } }, { fieldManager: 'test' });
  await writer.write(revisionOf('d', 12, 9));
  assert.equal((await manifest()).content?.revision, 12);
});

test('a revision whose answer was lost is not written over by one that knows nothing of it', async () => {
  const { version } = await manifest();
  let using = losing([]);
  const lossy: ApiClient = { ...client, replace: (...request) => using.replace(...request) };
  const writer = writerOf('e', version, lossy);
  await writer.write(revisionOf('e', 20, 10));
  using = losing(['replace']);
  const lost = revisionOf('revoked', 21, 10);
  await assert.rejects(writer.write(lost), ConnectionFault);
  using = client;
  assert.equal(await writer.write(revisionOf('other', 22, 10)), lost);
  assert.equal((await manifest()).content?.revision, 21);
  const next = revisionOf('both', 22, 10);
  assert.equal(await writer.write(next), next);
});

test('what the index was written to while it was taken over is not undone', async () => {
  const { version } = await manifest();
  const successor = writerOf('f', version);
  await writerOf('old', version).write(revisionOf('old', 30, 10));
  await assert.rejects(successor.write(revisionOf('new', 31, 11)), DeposedError);
  assert.equal((await manifest()).content?.revision, 30);
});

test('a shard that vanishes while it is written is made anew', async () => {
  const [shard] = revisionOf('vanishing', 1).bases;
  assert.ok(shard);
  const files = createShardFiles(
    {
      ...client,
      async get(...request) {
        await client.remove(...request);
        return client.get(...request);
      },
    },
    namespace,
  );
  await files.write(shard, signal);
  await files.write(shard, signal);
  assert.ok(await client.get(shardType, { namespace, name: shard.name }));
});

test('what another has just written stays for a while; what is no longer named goes at once', async () => {
  const files = createShardFiles(client, namespace);
  const graceMs = 2_000;
  const [inherited, own, foreign] = ['inherited', 'own', 'foreign'].map((text) => revisionOf(text, 1).bases[0]);
  assert.ok(inherited !== undefined && own !== undefined && foreign !== undefined);
  await files.write(inherited, signal);
  const exists = async ({ name }: { readonly name: string }): Promise<boolean> =>
    (await client.get(shardType, { namespace, name })) !== undefined;
  const isShown = ({ name }: { readonly name: string }) => stored.get(`${namespace}/${name}`) !== undefined;
  await until('it is shown', () => isShown(inherited));
  const keeper = createShardKeeper({ files, stored, namespace, inherited: [inherited.name], mandate, graceMs });
  await keeper.write([own]);
  await until('it is shown', () => isShown(own));
  keeper.keep([own], [own]);
  await files.write(foreign, signal);
  const startedAt = performance.now();
  await until('it is shown', () => isShown(foreign));
  assert.ok(keeper.sweepInMs <= 0);
  await keeper.sweep();
  assert.deepEqual(await Promise.all([inherited, own, foreign].map(exists)), [false, true, true]);
  keeper.keep([], []);
  // Taken into use by somebody else: it has another version now.
  const before = stored.get(`${namespace}/${own.name}`)?.resourceVersion;
  await files.write(own, signal);
  await until('that is shown', () => stored.get(`${namespace}/${own.name}`)?.resourceVersion !== before);
  await keeper.sweep();
  assert.equal(await exists(own), true);
  await until('it may go', async () => {
    if (keeper.sweepInMs <= 0) await keeper.sweep();
    return !(await exists(foreign)) && !(await exists(own));
  });
  assert.ok(performance.now() - startedAt >= graceMs);
});
