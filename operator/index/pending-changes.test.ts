import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { EntryChanges, IndexChanges } from '../../core/index/index-changes.ts';
import { createPendingChanges } from './pending-changes.ts';

/** From lines to other lines, as the compiler tells it. */
function changes(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): EntryChanges {
  const set = new Map([...after].filter(([id, line]) => before.get(id) !== line));
  return {
    set,
    added: new Set([...set.keys()].filter((id) => !before.has(id))),
    removed: new Set([...before.keys()].filter((id) => !after.has(id))),
  };
}

const lines = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('1', '2', '3')).map((object) => {
  return new Map(Object.entries(object));
});
const step = fc.oneof(
  lines.map((to) => ({ kind: 'Change', to }) as const),
  fc.record({
    kind: fc.constantFrom('Revocations', 'Additions', 'Withheld'),
    fate: fc.constantFrom('Done', 'Failed', 'Unsure', 'Withheld'),
  }),
);
const all = { maxEntries: Number.POSITIVE_INFINITY, maxLength: Number.POSITIVE_INFINITY };
const one = { maxEntries: 1, maxLength: 1 };

describe('changes that are to be published', () => {
  it('lead to the same whatever is published when, and whatever fails; and nothing is forgotten', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const pending = createPendingChanges();
        let compiled = new Map<string, string>();
        const published = new Map<string, string>();
        const publish = ({ set, removed }: IndexChanges): void => {
          for (const id of removed) published.delete(id);
          for (const [id, line] of set) published.set(id, line);
        };
        for (const each of steps) {
          if (each.kind === 'Change') {
            pending.add(changes(compiled, each.to));
            compiled = each.to;
            continue;
          }
          const taken = pending.take(each.kind, { maxEntries: 2, maxLength: 100 });
          if (each.fate === 'Done' || each.fate === 'Unsure') publish(taken);
          if (each.fate === 'Failed' || each.fate === 'Unsure') pending.restore(each.kind, taken);
          if (each.fate === 'Withheld') {
            publish({ set: new Map(), removed: new Set([...taken.removed, ...taken.set.keys()]) });
            pending.restore('Withheld', taken);
          }
          // What still waits alone makes the difference; and what gateways may know waits for no addition.
          for (const id of new Set([...compiled.keys(), ...published.keys()])) {
            if (!pending.has(id)) assert.equal(published.get(id), compiled.get(id), id);
          }
        }
        const { set, removed } = pending.take('Revocations', all);
        publish({ set, removed });
        for (const [id, line] of published) assert.equal(line, compiled.get(id), `${id} is revoked`);
        while (pending.additions > 0) publish(pending.take('Additions', one));
        while (pending.withheld > 0) publish(pending.take('Withheld', one));
        assert.deepEqual(published, compiled);
      }),
      { numRuns: 2_000 },
    );
  });

  it('have additions apart from all that may revoke', () => {
    const pending = createPendingChanges();
    const before = new Map([
      ['known', '1'],
      ['gone', '1'],
    ]);
    const after = new Map([
      ['known', '2'],
      ['new', '1'],
    ]);
    pending.add(changes(before, after));
    assert.deepEqual([pending.revocations, pending.additions], [2, 1]);
    assert.deepEqual(pending.take('Revocations', all), { set: new Map([['known', '2']]), removed: new Set(['gone']) });
    assert.deepEqual(pending.take('Additions', all).set, new Map([['new', '1']]));
  });

  it('have additions that failed as additions again, and what becomes of them as revocations', () => {
    const pending = createPendingChanges();
    const added = new Map([
      ['stays', '1'],
      ['goes', '1'],
      ['changes', '1'],
    ]);
    pending.add(changes(new Map(), added));
    pending.restore('Additions', pending.take('Additions', all));
    assert.deepEqual([pending.revocations, pending.additions], [0, 3]);
    const after = new Map([
      ['stays', '1'],
      ['changes', '2'],
    ]);
    pending.add(changes(added, after));
    assert.deepEqual([pending.revocations, pending.additions], [2, 1]);
    assert.deepEqual(pending.take('Revocations', all).removed, new Set(['goes']));
  });

  it('have what came back in the lane of revocations, when its removal failed', () => {
    const pending = createPendingChanges();
    const wide = new Map([['alice', 'wide']]);
    pending.add(changes(wide, new Map()));
    const removal = pending.take('Revocations', all);
    pending.add(changes(new Map(), new Map([['alice', 'narrow']])));
    pending.restore('Revocations', removal);
    assert.deepEqual([pending.revocations, pending.additions], [1, 0]);
    assert.deepEqual(pending.take('Revocations', all).set, new Map([['alice', 'narrow']]));
  });

  it('forget an entry that goes before anybody heard of it', () => {
    const pending = createPendingChanges();
    const added = new Map([['new', '1']]);
    pending.add(changes(new Map(), added));
    pending.add(changes(added, new Map()));
    assert.deepEqual([pending.revocations, pending.additions], [0, 0]);
  });

  it('are taken in turns, however many one namespace has, and what goes before what changes', () => {
    const pending = createPendingChanges();
    const count = 10_000;
    const before = new Map(Array.from({ length: count }, (_, n) => [`user/busy/u${n}`, 'user/busy/ {"wide":1}']));
    const after = new Map([...before].map(([id, line]) => [id, `${line} `]));
    pending.add(changes(before, after));
    const rest = new Map(after);
    rest.delete(`user/busy/u${count - 1}`);
    pending.add(changes(after, rest));
    const other = new Map([
      ['key/HASH/calm', 'key/HASH/calm {}'],
      ['repository/quiet/app', 'repository/quiet/app {}'],
    ]);
    pending.add(changes(other, new Map([['repository/quiet/app', 'repository/quiet/app']])));
    const first = pending.take('Revocations', { maxEntries: count, maxLength: 200 });
    assert.deepEqual(first.removed, new Set([`user/busy/u${count - 1}`, 'key/HASH/calm']));
    assert.ok(first.set.has('repository/quiet/app'));
    assert.ok(first.set.size < 12);
    let batches = 1;
    for (; pending.revocations > 0; batches += 1) {
      const { set } = pending.take('Revocations', { maxEntries: 1_000, maxLength: 2 ** 20 });
      assert.ok(set.size <= 1_000);
    }
    assert.equal(batches, 11);
  });

  it('begin each batch with whoever had no turn in the last one', () => {
    const pending = createPendingChanges();
    const added = new Map(['a', 'b', 'c'].flatMap((ns) => [0, 1].map((n) => [`user/${ns}/${n}`, 'x'] as const)));
    pending.add(changes(new Map(), added));
    const batches = [0, 1, 2].map(() => [...pending.take('Additions', { maxEntries: 2, maxLength: 99 }).set.keys()]);
    assert.deepEqual(batches, [
      ['user/a/0', 'user/b/0'],
      ['user/c/0', 'user/a/1'],
      ['user/b/1', 'user/c/1'],
    ]);
  });
});
