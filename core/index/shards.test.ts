import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type LoadedShards, loadIndex } from './access-index.ts';
import { entryId, type IndexEntry, lookupKeyOf } from './entry.ts';
import { planRevision, type ShardSet } from './plan-shards.ts';
import { maxShardBytes } from './shard.ts';

const limits = { maxDeltas: 3, foldBytes: 2 * maxShardBytes };

const hash = (number: number): string => number.toString(16).padStart(4, '0').repeat(16);

const keyEntry = (number: number, namespace: string, padding: number): IndexEntry => ({
  kind: 'Key',
  hash: hash(number),
  namespace,
  listings: [{ name: `k${'x'.repeat(padding)}`, user: 'u', access: 'ReadWrite' }],
});

const entry = fc.oneof(
  fc
    .tuple(fc.nat(200), fc.constantFrom('a', 'b', 'c'), fc.nat(3_000))
    .map(([n, ns, padding]) => keyEntry(n, ns, padding)),
  fc
    .tuple(fc.nat(100), fc.boolean())
    .map(([n, suspended]): IndexEntry => ({ kind: 'User', namespace: 'a', name: `u${n}`, groups: [], suspended })),
);
const revision = fc
  .uniqueArray(entry, { selector: entryId, maxLength: 300 })
  .map((entries) => new Map(entries.map((one) => [entryId(one), one])));

/** A store of shards, as an API server or the memory of one process is. */
class Store {
  readonly texts = new Map<string, string>();
  set: ShardSet | undefined;

  write(entries: readonly IndexEntry[]): void {
    const plan = planRevision(this.set, entries, 1, limits);
    if (plan === undefined) return;
    for (const { name, text } of plan.writes) this.texts.set(name, text);
    for (const name of plan.removes) this.texts.delete(name);
    this.set = plan.next;
  }
}

describe('access index', () => {
  it('gives back exactly the entries of each revision, however they came about', () => {
    fc.assert(
      fc.property(fc.array(revision, { minLength: 1, maxLength: 8 }), (revisions) => {
        const store = new Store();
        let shards: LoadedShards = new Map();
        for (const entries of revisions) {
          store.write([...entries.values()]);
          assert.ok(store.set);
          const loaded = loadIndex(store.set.manifest, (name) => store.texts.get(name), shards);
          assert.ok(loaded.ok);
          shards = loaded.value.shards;
          const found = new Map([...loaded.value.index.entries()].map((one) => [entryId(one), one]));
          assert.deepEqual(found, entries);
          for (const one of entries.values()) {
            if (one.kind === 'Key')
              assert.ok(loaded.value.index.keys(one.hash).some((key) => entryId(key) === entryId(one)));
            if (one.kind === 'User') assert.deepEqual(loaded.value.index.user(one), one);
          }
          assert.deepEqual(loaded.value.index.keys(hash(9_999)), []);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('keeps shards small, and look-up keys whole', () => {
    const store = new Store();
    store.write(Array.from({ length: 3_000 }, (_, n) => keyEntry(n % 1_500, n < 1_500 ? 'a' : 'b', 100)));
    const seen = new Map<string, string>();
    for (const { shard, stored } of store.set?.bases ?? []) {
      assert.ok(stored.text.length <= maxShardBytes + 1_000);
      for (const one of shard.entries) {
        assert.equal(seen.get(lookupKeyOf(one)) ?? stored.name, stored.name);
        seen.set(lookupKeyOf(one), stored.name);
      }
    }
    assert.ok((store.set?.bases.length ?? 0) > 4);
  });

  it('writes one delta shard for one change among many', () => {
    const store = new Store();
    const entries = Array.from({ length: 5_000 }, (_, n) => keyEntry(n, 'a', 100));
    store.write(entries);
    const plan = planRevision(store.set, [...entries.slice(1), keyEntry(9_999, 'a', 1)], 1, limits);
    assert.equal(plan?.writes.length, 1);
    assert.ok((plan?.writes[0]?.text.length ?? 0) < 1_000);
    assert.deepEqual(plan?.removes, []);
  });

  it('plans nothing when nothing changed', () => {
    const store = new Store();
    store.write([keyEntry(1, 'a', 0)]);
    assert.equal(planRevision(store.set, [keyEntry(1, 'a', 0)], 1, limits), undefined);
  });

  it('refuses a revision of which a shard is absent or altered', () => {
    const store = new Store();
    store.write([keyEntry(1, 'a', 0)]);
    assert.ok(store.set);
    const { manifest } = store.set;
    assert.equal(loadIndex(manifest, () => undefined).ok, false);
    assert.equal(loadIndex(manifest, (name) => store.texts.get(name)?.replace('ReadWrite', 'ReadOnly')).ok, false);
  });
});
