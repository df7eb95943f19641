import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSpec, type Repository, type Resource } from '../../core/api/resource.ts';
import { startMentionSearch } from './mentions.ts';

const alice = { kind: 'User', name: 'alice' };
const everyone = { kind: 'Everyone' };

function repository(name: string, ...subjects: readonly object[]): Repository {
  const parsed = parseSpec('Repository', name, { access: [{ role: 'Read', subjects }] });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return { kind: 'Repository', metadata: { namespace: 'a', name, uid: name }, spec: parsed.value } as Repository;
}

/** What a search finds, and a way to wait until it has found so many. */
function startSearch(resources: Iterable<Resource>) {
  const end = new AbortController();
  const found: string[] = [];
  let searches = 0;
  let wanted = { count: 0, reached: () => {} };
  const search = startMentionSearch({
    resources() {
      searches += 1;
      return resources;
    },
    onFound(key) {
      found.push(key);
      if (found.length === wanted.count) wanted.reached();
    },
    signal: end.signal,
  });
  return {
    add: search.add,
    found,
    searches: () => searches,
    hasFound: (count: number) => new Promise<void>((reached) => (wanted = { count, reached })),
    async end() {
      end.abort();
      await search.closed;
    },
  };
}

describe('the search for objects that speak of names', () => {
  it('finds those that speak of a user or a group that came or went, and ends with its signal', async () => {
    const search = startSearch([
      repository('to-user', everyone, alice),
      repository('to-group', { kind: 'Group', name: 'dev', namespace: 'b' }),
      repository('to-another', { ...alice, namespace: 'b' }, everyone),
    ]);
    search.add(['Repository a/site']);
    search.add(['GitUser a/alice']);
    search.add(['Group b/dev', 'Group a/dev']);
    await search.hasFound(2);
    assert.deepEqual(search.found, ['Repository a/to-user', 'Repository a/to-group']);
    assert.equal(search.searches(), 1, 'names that come together are looked for together');
    search.add(['GitUser b/alice']);
    await search.hasFound(3);
    assert.deepEqual([search.found.at(-1), search.searches()], ['Repository a/to-another', 2]);
    await search.end();
  });

  it('lets others have their turn, and misses nothing that comes meanwhile', async () => {
    const count = 50_000;
    const { spec } = repository('any', alice);
    const named = (name: string): Repository => ({
      kind: 'Repository',
      metadata: { namespace: 'a', name, uid: name },
      spec,
    });
    const all = new Set(Array.from({ length: count }, (_, n) => named(`r-${n}`)));
    const search = startSearch(all);
    search.add(['GitUser a/alice']);
    await search.hasFound(1);
    // The rest of its first turn comes before whoever waits for a turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(search.found.length < count, 'it looks at all of them in one turn');
    all.add(named('late'));
    await search.hasFound(count + 1);
    assert.equal(new Set(search.found).size, count + 1);
    await search.end();
  });
});
