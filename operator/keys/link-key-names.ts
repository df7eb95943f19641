/** Who signs tickets: gateways, for sessions; the operator, for what it alone may ask. Each has a pair of its own. */
export const linkKeyOwners = ['gateway', 'operator'] as const;
export type LinkKeyOwner = (typeof linkKeyOwners)[number];

/** In the Secret, the private key in use; in the ConfigMap, all public keys that are honoured. */
export const currentKey = (owner: LinkKeyOwner): string => `${owner}.pem`;
/** In the Secret: a private key whose public half is being made known. */
export const nextKey = (owner: LinkKeyOwner): string => `${owner}-next.pem`;
/** In the Secret: the public half of the key before the one in use. */
export const previousKey = (owner: LinkKeyOwner): string => `${owner}-previous.pem`;

/** Any new value asks for new keys. Written by people. */
export const rotateAnnotation = 'gitingress.dev/rotate';
/** The last value of it that was taken up. */
export const rotationAnnotation = 'gitingress.dev/rotation';
/** Since when the next keys' public halves have been in the ConfigMap, by the API server's clock. */
export const publishedAtAnnotation = 'gitingress.dev/rotation-published-at';
/** Since when the keys in use have been those in use. */
export const switchedAtAnnotation = 'gitingress.dev/rotation-switched-at';
