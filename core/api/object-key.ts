import { formatRef, type ObjectRef } from './object-ref.ts';
import type { Kind } from './resource.ts';

/** `KIND NAMESPACE/NAME`: names one object among those of all kinds. */
export type ObjectKey = string;

export const objectKey = (kind: Kind, ref: ObjectRef): ObjectKey => `${kind} ${formatRef(ref)}`;

export const keyOf = ({ kind, metadata }: { readonly kind: Kind; readonly metadata: ObjectRef }): ObjectKey =>
  objectKey(kind, metadata);

export const namespaceOf = (key: ObjectKey): string => key.slice(key.indexOf(' ') + 1, key.indexOf('/'));
