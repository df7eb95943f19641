import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lookupKeyOfId } from './entry.ts';
import { idOfLine } from './entry-line.ts';
import type { IndexChanges } from './index-changes.ts';
import { needsFolding } from './plan-shards.ts';
import { encodeShard, maxShardBytes, type NamedShard, nameShard } from './shard.ts';
import { entryLines, type ShardSet } from './shard-set.ts';
import {
  allOf,
  common,
  hash,
  keyEntry,
  type Lines,
  linesOf,
  manyKeys,
  nothing,
  ShardStore,
} from './testing/shard-store.ts';

describe('an index that is folded', () => {
  it('takes all changes into the base in time, and then drops them', () => {
    const store = new ShardStore();
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
    const store = new ShardStore();
    const lines = manyKeys(5_000);
    store.write(allOf(lines), common);
    const bases = store.set?.bases.length ?? 0;
    store.write({ set: nothing, removed: new Set([...lines.keys()].slice(10)) }, { maxDeltas: 0, foldBytes: 1e9 });
    assert.ok(bases > 5);
    assert.equal(store.set?.bases.length, 1);
  });

  it('never writes a base shard again where changes are appended', () => {
    const store = new ShardStore();
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

  it('joins base shards that are many and small, before they are more than a manifest can name', () => {
    const lines = [...manyKeys(3_800).values()].sort();
    const bases = lines.map((line, n): NamedShard => {
      const from = n === 0 ? '' : lookupKeyOfId(idOfLine(line));
      return nameShard({ kind: 'Base', from, through: '', lines: [line] });
    });
    const store = new ShardStore();
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
    const store = new ShardStore();
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

  it('does not let deltas grow in number where folding cannot keep up', () => {
    const store = new ShardStore();
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
    const store = new ShardStore();
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
});
