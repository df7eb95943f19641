import type { Resource } from '../api/resource.ts';

type Dated = Pick<Resource, 'metadata'>;

/** Sorts older objects first; those of unknown age, as in a folder of manifests, are all as old. */
export const byAge = ({ metadata: a }: Dated, { metadata: b }: Dated): number =>
  (a.createdAt ?? 0) - (b.createdAt ?? 0);

export const byName = ({ metadata: a }: Dated, { metadata: b }: Dated): number =>
  compare(a.namespace, b.namespace) || compare(a.name, b.name);

/** Sorts older objects first, then by namespace and name: of two claims to one thing the first wins. */
export const bySeniority = (a: Dated, b: Dated): number => byAge(a, b) || byName(a, b);

/** By code unit, which no locale changes. */
export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
