/** Whether this names an object as git writes it: SHA-1 or SHA-256 in lowercase hex. */
export const isObjectName = (name: string): boolean => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(name);

/** Whether this is the name of no object, which stands for an absent ref: the old one when created, the new when deleted. */
export const isZero = (name: string): boolean => isObjectName(name) && /^0+$/.test(name);
