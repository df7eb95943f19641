import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type LoadedShards, loadIndex } from './access-index.ts';
import { entryId, type IndexEntry, lookupKeyOfId } from './entry.ts';
import { encodeEntry, idOfLine } from './entry-line.ts';
import { changesBetween, type IndexChanges } from './index-changes.ts';
import { decodeManifest, encodeManifest, maxManifestShards } from './manifest.ts';
import { type Laying, needsFolding, planRevision, type ShardLimits } from './plan-shards.ts';
import {
  decodeShard,
  digestOf,
  encodeShard,
  type LoadedShard,
  type Manifest,
  maxShardBytes,
  type NamedShard,
  nameShard,
} from './shard.ts';
import { entryLines, openShardSet, type ShardSet } from './shard-set.ts';

const hash = (number: number): string => number.toString(16).padStart(4, '0').repeat(16);

const keyEntry = (number: number, namespace: string, padding: number): IndexEntry => ({
  kind: 'Key',
  hash: hash(number),
  namespace,
  listings: [{ name: `k${'x'.repeat(padding)}`, user: 'u', access: 'ReadWrite' }],
});

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

type Lines = ReadonlyMap<string, string>;

const linesOf = (entries: readonly IndexEntry[]): Lines =>
  new Map(entries.map((one) => [entryId(one), encodeEntry(one)]));

const revision = fc.uniqueArray(entry, { selector: entryId, maxLength: 300 });

const limits: fc.Arbitrary<Laying> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ maxDeltas: fc.nat(4), foldBytes: fc.constantFrom(0, maxShardBytes, 2 ** 20) }) },
  { weight: 1, arbitrary: fc.constantFrom('Append' as const, 'Apart' as const) },
);

/** A store of shards, as an API server or the memory of one process is. */
class Store {
  readonly texts = new Map<string, string>();
  set: ShardSet | undefined;
  /** Bytes of shards that were written. */
  bytes = 0;

  write(changes: IndexChanges, laying: Laying, epoch = 1): number {
    const plan = planRevision(this.set, changes, epoch, laying);
    if (plan === undefined) return 0;
    for (const shard of plan.writes) {
      this.texts.set(shard.name, encodeShard(shard));
      this.bytes += shard.bytes;
    }
    const named = new Set(plan.next.manifest.shards.map(({ name }) => name));
    for (const name of this.texts.keys()) if (!named.has(name)) this.texts.delete(name);
    this.set = plan.next;
    return plan.writes.length;
  }

  get manifest(): Manifest {
    assert.ok(this.set);
    return this.set.manifest;
  }

  shard(name: string): LoadedShard | undefined {
    const text = this.texts.get(name);
    return text === undefined ? undefined : decodeShard(text);
  }

  load(known?: LoadedShards) {
    const loaded = loadIndex(this.manifest, (name) => this.shard(name), known);
    assert.ok(loaded.ok);
    return loaded.value;
  }

  reopen(): void {
    const opened = openShardSet(this.manifest, (name) => this.shard(name));
    assert.ok(opened.ok);
    this.set = opened.value;
  }
}

const nothing: Lines = new Map();
const allOf = (lines: Lines): IndexChanges => changesBetween(nothing, lines);
const common: ShardLimits = { maxDeltas: 3, foldBytes: 2 * maxShardBytes };

const manyKeys = (count: number): Lines => linesOf(Array.from({ length: count }, (_, n) => keyEntry(n, 'a', 100)));

describe('access index', () => {
  it('gives back exactly the entries of each revision, however they came about', () => {
    const step = fc.tuple(revision, limits, fc.boolean());
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        const store = new Store();
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
    const store = new Store();
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
    const store = new Store();
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
    const store = new Store();
    store.write(allOf(manyKeys(5_000)), common);
    store.bytes = 0;
    const change = linesOf([keyEntry(9_999, 'a', 1)]);
    assert.equal(store.write({ set: change, removed: new Set([`key/${hash(0)}/a`]) }, common), 1);
    assert.ok(store.bytes < 1_000);
    assert.deepEqual(store.load().index.keys(hash(0)), []);
  });

  it('is written about twice in all while it grows from nothing', () => {
    const store = new Store();
    const lines = [...manyKeys(20_000)];
    const batch = 200;
    for (let at = 0; at < lines.length; at += batch) {
      store.write({ set: new Map(lines.slice(at, at + batch)), removed: new Set() }, { maxDeltas: 32, foldBytes: 0 });
    }
    const size = lines.reduce((bytes, [, line]) => bytes + line.length, 0);
    assert.ok(store.bytes < 4 * size, `${store.bytes} bytes for ${size}`);
  });

  it('takes all changes into the base in time, and then drops them', () => {
    const store = new Store();
    store.write(allOf(manyKeys(5_000)), common);
    const bounds = { maxDeltas: 3, foldBytes: 2 * maxShardBytes };
    let most = 0;
    for (let n = 0; n < 400; n += 1) {
      const entries = Array.from({ length: 20 }, (_, at) => keyEntry((n * 20 + at) % 6_000, 'a', 90 + (n % 20)));
      store.write({ set: linesOf(entries), removed: new Set() }, bounds);
      most = Math.max(most, store.set?.deltas.length ?? 0);
    }
    assert.ok(most > 3 && most < 12, `${most} deltas`);
    for (let n = 0; n < 20; n += 1) store.write(allOf(nothing), bounds);
    assert.ok((store.set?.deltas.length ?? 0) <= 3);
  });

  it('lets bases that became small grow together', () => {
    const store = new Store();
    const lines = manyKeys(5_000);
    store.write(allOf(lines), common);
    const bases = store.set?.bases.length ?? 0;
    store.write({ set: nothing, removed: new Set([...lines.keys()].slice(10)) }, { maxDeltas: 0, foldBytes: 1e9 });
    assert.ok(bases > 5);
    assert.equal(store.set?.bases.length, 1);
  });

  it('never writes a base shard again where changes are appended', () => {
    const store = new Store();
    store.write(allOf(manyKeys(2_000)), common);
    const bases = store.set?.bases;
    for (const laying of ['Append', 'Apart'] as const) {
      for (let n = 0; n < 50; n += 1) store.write({ set: nothing, removed: new Set([`key/${hash(n)}/a`]) }, laying);
      assert.equal(store.set?.bases, bases);
    }
    const deltas = store.set?.deltas ?? [];
    // One for the first fifty, and of the others each its own.
    assert.equal(deltas.length, 51);
    assert.ok(deltas.slice(1).every(({ lines }) => lines.length === 1));
  });

  it('cuts a look-up key in pieces that alone would be too large for an object', () => {
    const store = new Store();
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

  it('joins base shards that are many and small, before they are more than a manifest can name', () => {
    const lines = [...manyKeys(3_800).values()].sort();
    const bases = lines.map((line, n): NamedShard => {
      const from = n === 0 ? '' : lookupKeyOfId(idOfLine(line));
      return nameShard({ kind: 'Base', from, through: '', lines: [line] });
    });
    const store = new Store();
    for (const base of bases) store.texts.set(base.name, encodeShard(base));
    const shards = bases.map(({ name, digest }) => ({ name, digest }));
    store.set = { manifest: { epoch: 1, revision: 1, shards }, bases, deltas: [] };
    const bounds = { maxDeltas: 3, foldBytes: maxShardBytes };
    assert.ok(needsFolding(store.set, bounds));
    const before = entryLines(store.set);
    let plans = 0;
    for (; store.set !== undefined && needsFolding(store.set, bounds); plans += 1) {
      store.bytes = 0;
      assert.ok(store.write(allOf(nothing), bounds) > 0);
      assert.ok(store.bytes < 2 * maxShardBytes);
      assert.ok(plans < 100);
    }
    assert.ok((store.set?.bases.length ?? 0) < 3_072);
    assert.deepEqual(entryLines(store.set), before);
    assert.equal([...store.load().index.entries()].length, lines.length);
  });

  it('stays well filled, however small the pieces are in which it is folded', () => {
    const store = new Store();
    store.write(allOf(manyKeys(3_000)), common);
    const small = (): number => (store.set?.bases ?? []).filter(({ bytes }) => bytes < maxShardBytes / 2.2).length;
    const change = (changes: Partial<IndexChanges>): void => {
      store.write({ set: new Map(), removed: new Set(), ...changes }, { maxDeltas: 1_000, foldBytes: 0 });
      for (let n = 0; n < 3; n += 1) store.write(allOf(nothing), { maxDeltas: 1, foldBytes: 1 });
    };
    for (let n = 0; n < 100; n += 1) {
      change({
        set: linesOf(Array.from({ length: 150 }, (_, at) => keyEntry(((n * 150 + at) * 7) % 30_000, 'b', 100))),
      });
    }
    const grown = store.set?.bases.length ?? 0;
    assert.ok(grown > 30 && small() <= 2, `${small()} of ${grown} bases are small`);
    const ids = [...entryLines(store.set as ShardSet).keys()].filter((_, n) => n % 10 > 0);
    for (let n = 0; n < 100; n += 1) change({ removed: new Set(ids.filter((_, at) => at % 100 === n)) });
    for (let n = 0; n < 100; n += 1) store.write(allOf(nothing), { maxDeltas: 0, foldBytes: 1 });
    const shrunk = store.set?.bases.length ?? 0;
    assert.ok(shrunk < grown / 5 && small() <= 2, `${small()} of ${shrunk} bases are small`);
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
    const store = new Store();
    store.set = { manifest, bases: [], deltas: [] };
    store.write(allOf(nothing), common, 8);
    assert.deepEqual([...store.load().index.entries()], []);
  });

  it('does not let deltas grow in number where folding cannot keep up', () => {
    const store = new Store();
    store.write(allOf(manyKeys(20_000)), common);
    let most = 0;
    for (let n = 0; n < 100; n += 1) {
      const entries = Array.from({ length: 300 }, (_, at) => keyEntry((n * 300 + at) % 20_000, 'a', 90 + (n % 20)));
      store.write({ set: linesOf(entries), removed: new Set() }, { maxDeltas: 4, foldBytes: 0 });
      most = Math.max(most, store.set?.deltas.length ?? 0);
    }
    assert.ok(most <= 4 * 4 + 2, `${most} deltas`);
  });

  it('keeps no older lines of entries that change all the time, however slowly it is folded', () => {
    const store = new Store();
    const lines = manyKeys(5_000);
    const busy = (n: number): Lines =>
      linesOf(Array.from({ length: 20 }, (_, at) => keyEntry(10_000 + at, 'a', 20_000 + n)));
    store.write(allOf(lines), common);
    store.write({ set: nothing, removed: new Set([`key/${hash(0)}/a`]) }, 'Append');
    let most = 0;
    for (let n = 0; n < 60; n += 1) {
      store.write({ set: busy(n), removed: new Set() }, 'Append');
      assert.ok(store.set);
      most = Math.max(most, store.set.deltas.length);
      if (needsFolding(store.set, common)) store.write(allOf(nothing), { ...common, foldBytes: 1 });
      const { index } = store.load();
      assert.deepEqual(index.keys(hash(0)), []);
      assert.equal(index.keys(hash(10_000))[0]?.listings[0]?.name.length, 20_001 + n);
    }
    assert.ok(most <= 4 * 3 + 2 * 6, `${most} deltas`);
    while (needsFolding(store.set as ShardSet, common)) store.write(allOf(nothing), common);
    const expected = new Map([...lines, ...busy(59)]);
    expected.delete(`key/${hash(0)}/a`);
    assert.deepEqual(entryLines(store.set as ShardSet), expected);
  });

  it('plans nothing when nothing changed, but for a new epoch', () => {
    const store = new Store();
    store.write(allOf(linesOf([keyEntry(1, 'a', 0)])), common);
    assert.equal(planRevision(store.set, allOf(nothing), 1, common), undefined);
    const plan = planRevision(store.set, allOf(nothing), 2, common);
    assert.deepEqual([plan?.writes, plan?.next.manifest.epoch], [[], 2]);
  });

  it('refuses a revision of which a shard is absent, altered, of another version or out of order', () => {
    const store = new Store();
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
    const store = new Store();
    store.write(allOf(broken), common);
    assert.deepEqual(store.load().index.keys(hash(1)), []);
  });
});
