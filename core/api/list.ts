import type * as z from 'zod';
import { checkWith } from './rule.ts';
import type { StructuralPart } from './structural.ts';

/** A list in which nothing stands twice, and whose order means nothing; server-side apply merges it item by item. */
export const asSet = (): z.core.$ZodCheck<string[]> => distinct((item) => item, { 'x-kubernetes-list-type': 'set' });

/** A list whose items are told apart by one of their fields; server-side apply merges them by it. */
export const asMapBy = <Key extends string>(key: Key): z.core.$ZodCheck<Record<Key, string>[]> =>
  distinct((item) => item[key], { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] });

const distinct = <Item>(nameOf: (item: Item) => string, structural: StructuralPart): z.core.$ZodCheck<Item[]> =>
  checkWith(
    (items: Item[]) => repeated(items.map(nameOf)) === undefined,
    (items) => `has ${JSON.stringify(repeated(items.map(nameOf)))} twice: remove one of the two`,
    structural,
  );

function repeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}
