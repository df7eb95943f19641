import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { CompiledChanges } from '../../core/index/compiler.ts';
import type { IndexChanges } from '../../core/index/index-changes.ts';
import { createPendingChanges } from './pending-changes.ts';

/** From lines to other lines, as the compiler tells it. */
function changes(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): CompiledChanges {
  const set = new Map([...after].filter(([id, line]) => before.get(id) !== line));
  return {
    set,
    added: new Set([...set.keys()].filter((id) => !before.has(id))),
    removed: new Set([...before.keys()].filter((id) => !after.has(id))),
    found: new Set(),
    names: new Set(),
  };
}

const lines = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('1', '2', '3')).map((object) => {
  return new Map(Object.entries(object));
});
const step = fc.oneof(
  lines.map((to) => ({ kind: 'Change', to }) as const),
  fc.record({ kind: fc.constantFrom('Revocations', 'Additions'), fate: fc.constantFrom('Done', 'Failed', 'Unsure') }),
);

describe('changes that are to be published', () => {
  it('lead to the same whatever is published when, and whatever fails', () => {
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
          const taken = each.kind === 'Revocations' ? pending.takeRevocations() : pending.takeAdditions(2);
          if (each.fate !== 'Failed') publish(taken);
          if (each.fate !== 'Done') pending.restore(taken);
          // What still waits alone makes the difference.
          for (const id of new Set([...compiled.keys(), ...published.keys()])) {
            if (!pending.has(id)) assert.equal(published.get(id), compiled.get(id), id);
          }
        }
        while (pending.revocations + pending.additions > 0) {
          publish(pending.takeRevocations());
          publish(pending.takeAdditions(1));
        }
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
    pending.add(
      changes(
        before,
        new Map([
          ['known', '2'],
          ['new', '1'],
        ]),
      ),
    );
    assert.deepEqual([pending.revocations, pending.additions], [2, 1]);
    assert.deepEqual(pending.takeRevocations(), { set: new Map([['known', '2']]), removed: new Set(['gone']) });
    assert.deepEqual(pending.takeAdditions(100).set, new Map([['new', '1']]));
  });

  it('have what came back in the lane of revocations, when its removal failed', () => {
    const pending = createPendingChanges();
    const wide = new Map([['alice', 'wide']]);
    pending.add(changes(wide, new Map()));
    const removal = pending.takeRevocations();
    pending.add(changes(new Map(), new Map([['alice', 'narrow']])));
    pending.restore(removal);
    assert.deepEqual([pending.revocations, pending.additions], [1, 0]);
    assert.deepEqual(pending.takeRevocations().set, new Map([['alice', 'narrow']]));
  });

  it('forget an entry that goes before anybody heard of it', () => {
    const pending = createPendingChanges();
    const added = new Map([['new', '1']]);
    pending.add(changes(new Map(), added));
    pending.add(changes(added, new Map()));
    assert.deepEqual([pending.revocations, pending.additions], [0, 0]);
  });
});
