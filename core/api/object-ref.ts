/** Names one object of a kind that the context tells. */
export type ObjectRef = { readonly namespace: string; readonly name: string };

/** `NAMESPACE/NAME`, as kubectl and our own messages write it. */
export const formatRef = (ref: ObjectRef): string => `${ref.namespace}/${ref.name}`;
