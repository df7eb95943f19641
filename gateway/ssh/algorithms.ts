/**
 * What we offer, best first; the client's order decides (RFC 4253 §7.1). No SHA-1, no CBC, no MAC that is not
 * encrypt-then-MAC, no compression: a stranger's few packets would inflate to hundreds of megabytes.
 */
export const keyExchangeAlgorithms = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
] as const;

/** Tells clients that we do strict key exchange, OpenSSH's answer to Terrapin (CVE-2023-48795). */
export const strictKeyExchange = 'kex-strict-s-v00@openssh.com';

export const cipherAlgorithms = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'chacha20-poly1305@openssh.com',
] as const;

/** Every cipher above authenticates by itself, so none of these is ever used; a client may want to see a common one. */
export const macAlgorithms = ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com'] as const;

export const compressionAlgorithms = ['none'] as const;

/** What a host key signs with, by the type of the key (RFC 8709, RFC 8332). `ssh-rsa`, which is SHA-1, is not offered. */
export const hostKeyAlgorithms: Readonly<Record<string, readonly string[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};
