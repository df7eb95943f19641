import type { Resource } from '../api/resource.ts';

type Dated = Pick<Resource, 'metadata'>;

/** Sorts older objects first, then by namespace and name: of two claims to one thing the first wins. */
export const bySeniority = ({ metadata: a }: Dated, { metadata: b }: Dated): number =>
  (a.createdAt ?? 0) - (b.createdAt ?? 0) || compare(a.namespace, b.namespace) || compare(a.name, b.name);

/** By code unit, which no locale changes. */
export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
