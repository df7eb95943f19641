import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type LoadedShards, loadIndex } from './access-index.ts';
import { entryId, type IndexEntry, lookupKeyOfId } from './entry.ts';
import { encodeEntry, idOfLine } from './entry-line.ts';
import { changesBetween } from './index-changes.ts';
import { decodeManifest, encodeManifest, maxManifestShards } from './manifest.ts';
import { type Laying, planRevision } from './plan-shards.ts';
import { decodeShard, digestOf, type LoadedShard, maxShardBytes } from './shard.ts';
import { entryLines } from './shard-set.ts';
import { allOf, common, hash, keyEntry, linesOf, manyKeys, nothing, ShardStore } from './testing/shard-store.ts';

const entry = fc.oneof(
  fc
    .tuple(fc.nat(200), fc.constantFrom('a', 'b', 'c', 'c-c'), fc.nat(3_000))
    .map(([n, ns, padding]) => keyEntry(n, ns, padding)),
  fc.tuple(fc.nat(100), fc.boolean()).map(
    ([n, suspended]): IndexEntry => ({
      kind: 'User',
      namespace: 'a',
      name: `u${n}`,
      displayName: 'Zoë 🦊',
      groups: [],
      suspended,
    }),
  ),
  fc.nat(100).map(
    (n): IndexEntry => ({
      ...{ kind: 'Repository', namespace: 'a', name: `r${n}`, uid: `${n}`, type: 'Git', path: `a/r${n % 10}/${n}` },
      ...{ defaultBranch: 'main', access: [], refRules: [] },
    }),
  ),
);

const revision = fc.uniqueArray(entry, { selector: entryId, maxLength: 300 });

const limits: fc.Arbitrary<Laying> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ maxDeltas: fc.nat(4), foldBytes: fc.constantFrom(0, maxShardBytes, 2 ** 20) }) },
  { weight: 1, arbitrary: fc.constantFrom('Append' as const, 'Apart' as const) },
);

describe('access index', () => {
  it('gives back exactly the entries of each revision, however they came about', () => {
    const step = fc.tuple(revision, limits, fc.boolean());
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        const store = new ShardStore();
        let shards: LoadedShards = new Map();
        let before = nothing;
        for (const [entries, bounds, isRestarted] of steps) {
          const lines = linesOf(entries);
          store.write(changesBetween(before, lines), bounds);
          before = lines;
          if (isRestarted) store.reopen();
          assert.ok(store.set);
          assert.deepEqual(entryLines(store.set), new Map(lines));
          const loaded = store.load(shards);
          shards = loaded.shards;
          const { index } = loaded;
          assert.deepEqual(
            new Map([...index.entries()].map((one) => [entryId(one), encodeEntry(one)])),
            new Map(lines),
          );
          for (const one of entries) {
            if (one.kind === 'Key')
              assert.ok(index.keys(one.hash).some((key) => encodeEntry(key) === encodeEntry(one)));
            if (one.kind === 'User') assert.deepEqual(index.user(one), one);
            if (one.kind === 'Repository') assert.deepEqual(index.repository(one.path), one);
          }
          assert.deepEqual(index.keys(hash(9_999)), []);
          assert.equal(index.repository('a'), undefined);
          assert.equal(index.repository('a/r1'), undefined);
          const paths = entries.flatMap((one) => (one.kind === 'Repository' ? [one.path] : []));
          assert.deepEqual([...index.repositories()].map(({ path }) => path).sort(), paths.sort());
        }
      }),
      { numRuns: 60 },
    );
  });

  it('gives all namespaces that list a key', () => {
    const store = new ShardStore();
    store.write(allOf(linesOf([keyEntry(1, 'a', 0), keyEntry(1, 'b', 0), keyEntry(2, 'a', 0)])), common);
    const { index } = store.load();
    assert.deepEqual(
      index
        .keys(hash(1))
        .map(({ namespace }) => namespace)
        .sort(),
      ['a', 'b'],
    );
  });

  it('keeps shards small, and look-up keys whole', () => {
    const store = new ShardStore();
    const entries = Array.from({ length: 3_000 }, (_, n) => keyEntry(n % 1_500, n < 1_500 ? 'a' : 'b', 100));
    store.write(allOf(linesOf(entries)), common);
    const seen = new Map<string, string>();
    for (const { lines, name, bytes } of store.set?.bases ?? []) {
      assert.ok(bytes <= maxShardBytes + 1_000);
      for (const key of lines.map((line) => lookupKeyOfId(idOfLine(line)))) {
        assert.equal(seen.get(key) ?? name, name);
        seen.set(key, name);
      }
    }
    assert.ok((store.set?.bases.length ?? 0) > 4);
  });

  it('writes one small delta shard for one change among many', () => {
    const store = new ShardStore();
    store.write(allOf(manyKeys(5_000)), common);
    store.bytes = 0;
    const change = linesOf([keyEntry(9_999, 'a', 1)]);
    assert.equal(store.write({ set: change, removed: new Set([`key/${hash(0)}/a`]) }, common), 1);
    assert.ok(store.bytes < 1_000);
    assert.deepEqual(store.load().index.keys(hash(0)), []);
  });

  it('is written about twice in all while it grows from nothing', () => {
    const store = new ShardStore();
    const lines = [...manyKeys(20_000)];
    const batch = 200;
    for (let at = 0; at < lines.length; at += batch) {
      store.write({ set: new Map(lines.slice(at, at + batch)), removed: new Set() }, { maxDeltas: 32, foldBytes: 0 });
    }
    const size = lines.reduce((bytes, [, line]) => bytes + line.length, 0);
    assert.ok(store.bytes < 4 * size, `${store.bytes} bytes for ${size}`);
  });

  it('cuts a look-up key in pieces that alone would be too large for an object', () => {
    const store = new ShardStore();
    const namespaces = Array.from({ length: 2_000 }, (_, n) => `n${String(n).padStart(4, '0')}`);
    const everywhere = linesOf(namespaces.map((namespace) => keyEntry(5, namespace, 500)));
    store.write(allOf(new Map([...manyKeys(1_000), ...everywhere])), common);
    const largest = (): number => Math.max(...(store.set?.bases ?? []).map(({ bytes }) => bytes));
    const listed = (): readonly string[] =>
      store
        .load()
        .index.keys(hash(5))
        .map(({ namespace }) => namespace)
        .sort();
    assert.ok(largest() < 3 * maxShardBytes, `${largest()} bytes`);
    assert.deepEqual(listed(), ['a', ...namespaces]);
    const removed = new Set(namespaces.filter((_, n) => n % 2 === 0).map((namespace) => `key/${hash(5)}/${namespace}`));
    const larger = linesOf(namespaces.filter((_, n) => n % 2 === 1).map((ns) => keyEntry(5, ns, 1_500)));
    store.write({ set: larger, removed }, { maxDeltas: 0, foldBytes: 1e9 });
    store.write({ set: new Map(), removed: new Set() }, { maxDeltas: 0, foldBytes: 1e9 });
    assert.ok(largest() < 3 * maxShardBytes, `${largest()} bytes`);
    assert.deepEqual(listed(), ['a', ...namespaces.filter((_, n) => n % 2 === 1)]);
  });

  it('has a manifest that fits into an object, and tells who wrote it', () => {
    const digest = 'f'.repeat(64);
    const shards = Array.from({ length: maxManifestShards }, () => ({ name: `delta-${'f'.repeat(32)}`, digest }));
    const number = Number.MAX_SAFE_INTEGER;
    const manifest = { epoch: number, revision: number, writer: 'w'.repeat(320), shards };
    assert.ok(encodeManifest(manifest).length <= 524_288);
    assert.deepEqual(decodeManifest(encodeManifest(manifest)), manifest);
    assert.equal(decodeManifest(encodeManifest({ ...manifest, writer: 'w'.repeat(321) })), undefined);
    const { writer, ...unsigned } = manifest;
    assert.deepEqual(decodeManifest(encodeManifest(unsigned)), unsigned);
  });

  it('is whole again after everything that it was made of is lost', () => {
    const manifest = { epoch: 7, revision: 9, shards: [{ name: 'base-1', digest: 'x' }] };
    const store = new ShardStore();
    store.set = { manifest, bases: [], deltas: [] };
    store.write(allOf(nothing), common, 8);
    assert.deepEqual([...store.load().index.entries()], []);
  });

  it('plans nothing when nothing changed, but for a new epoch', () => {
    const store = new ShardStore();
    store.write(allOf(linesOf([keyEntry(1, 'a', 0)])), common);
    assert.equal(planRevision(store.set, allOf(nothing), 1, common), undefined);
    const plan = planRevision(store.set, allOf(nothing), 2, common);
    assert.deepEqual([plan?.writes, plan?.next.manifest.epoch], [[], 2]);
  });

  it('refuses a revision of which a shard is absent, altered, of another version or out of order', () => {
    const store = new ShardStore();
    store.write(allOf(linesOf([keyEntry(1, 'a', 0), keyEntry(2, 'a', 0)])), common);
    const { manifest } = store;
    const isLoaded = (change: (text: string) => string | undefined, redigest = false): boolean => {
      const changed = new Map([...store.texts].map(([name, text]) => [name, change(text)]));
      const shards = manifest.shards.map(({ name, digest }) => {
        const text = changed.get(name);
        return { name, digest: redigest && text !== undefined ? digestOf(text) : digest };
      });
      const shardOf = (name: string): LoadedShard | undefined => {
        const text = changed.get(name);
        return text === undefined ? undefined : decodeShard(text);
      };
      return loadIndex({ ...manifest, shards }, shardOf).ok;
    };
    assert.equal(
      isLoaded((text) => text),
      true,
    );
    assert.equal(
      isLoaded(() => undefined),
      false,
    );
    assert.equal(
      isLoaded((text) => text.replace('ReadWrite', 'ReadOnly')),
      false,
    );
    assert.equal(
      isLoaded((text) => text.replace('ReadWrite', 'ReadOnly'), true),
      true,
    );
    assert.equal(
      isLoaded((text) => text.replace('"version":1', '"version":2'), true),
      false,
    );
    const swapped = (text: string): string => {
      const [head, first, second] = text.split('\n');
      return `${[head, second, first].join('\n')}\n`;
    };
    assert.equal(isLoaded(swapped, true), false);
    assert.equal(loadIndex({ ...manifest, shards: [] }, () => undefined).ok, false);
  });

  it('finds nothing where an entry has not the right shape', () => {
    const broken = new Map([[`key/${hash(1)}/a`, `key/${hash(1)}/a {"listings":{}}`]]);
    const store = new ShardStore();
    store.write(allOf(broken), common);
    assert.deepEqual(store.load().index.keys(hash(1)), []);
  });
});
