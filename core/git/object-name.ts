/** Whether this names an object as git writes it: SHA-1 or SHA-256 in lowercase hex. */
export const isObjectName = (name: string): boolean => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(name);

/** Whether this names no object: what a created ref had before, and a deleted one has after. */
export const isZero = (name: string): boolean => isObjectName(name) && /^0+$/.test(name);
