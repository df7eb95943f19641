/** The public key types that are accepted, as their blobs name them (RFC 8709, RFC 5656, RFC 4253 §6.6). */
export const publicKeyTypes = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
] as const;

export type PublicKeyType = (typeof publicKeyTypes)[number];

const known: ReadonlySet<string> = new Set(publicKeyTypes);

export const isPublicKeyType = (name: string): name is PublicKeyType => known.has(name);

const typeNamePattern = /^(?:ssh|ecdsa|sk|webauthn-sk|x509v3)-[a-z0-9@.-]{1,64}$/;

/** Whether `name` is spelt like a key type, accepted or not, and is so harmless that a message may repeat it. */
export const looksLikeKeyType = (name: string): boolean => typeNamePattern.test(name);

const makeNewKey = 'make a new key with "ssh-keygen -t ed25519" and give its .pub file';

/** For people: why a key of the type `name` is refused, and what to do. Never repeats what is not a type's name. */
export const explainRefusedType = (name: string): string => {
  if (!looksLikeKeyType(name)) return `not a public key that SSH knows; ${makeNewKey}`;
  if (/-cert-v0[01]@openssh\.com$/.test(name)) {
    return `${name} is a certificate; give the public key that it certifies (the .pub file without "-cert")`;
  }
  if (/^(?:webauthn-)?sk-/.test(name)) {
    return `${name} is the key of a hardware security key, which is not supported; ${makeNewKey}`;
  }
  if (name === 'ssh-dss') return `ssh-dss is DSA, which is too weak; ${makeNewKey}`;
  return `keys of type ${name} are not supported; ${makeNewKey}`;
};
