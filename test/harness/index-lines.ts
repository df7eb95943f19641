import { derivedUid } from '../../core/api/derived-uid.ts';
import { parseResource, type Resource } from '../../core/api/resource.ts';
import { compileIndex } from '../../core/index/compile.ts';
import { entryId } from '../../core/index/entry.ts';
import { encodeEntry } from '../../core/index/entry-line.ts';
import { digestOf } from '../../core/index/shard.ts';

/** Lines of the index, by id. */
export type Lines = ReadonlyMap<string, string>;

/** What objects compile to, which are all accepted. */
export function linesOf(objects: readonly object[]): Lines {
  const resources = objects.map((object): Resource => {
    const parsed = parseResource(object, { namespace: 'team', uidOf: derivedUid });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
    return parsed.value;
  });
  return compileIndex(resources, { minimumRsaBits: 2_048 }).lines;
}

/** A group, under which a test finds again which change it was that arrived. */
export function userLine(name: string, group: string): Lines {
  const user = { kind: 'User', namespace: 'team', name, groups: [group], suspended: false } as const;
  return new Map([[entryId(user), encodeEntry(user)]]);
}

/** Keys of users in a hundred namespaces: nobody has their private halves. */
export function keyLines(count: number): Lines {
  const lines = new Map<string, string>();
  for (let at = 0; at < count; at++) {
    const listing = { name: `laptop-${at}`, createdAt: 1_700_000_000_000 + at, user: `user-${at % 10_000}` };
    const hash = digestOf(String(at));
    const listings = [{ ...listing, access: 'ReadWrite' as const }];
    const key = { kind: 'Key', hash, namespace: `team-${at % 100}`, listings } as const;
    lines.set(entryId(key), encodeEntry(key));
  }
  return lines;
}
