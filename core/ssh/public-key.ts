import { err, ok, type Result } from '../result.ts';
import { bitsOf, readKeyFields } from './key-fields.ts';
import { explainRefusedType, isPublicKeyType, type PublicKeyType } from './key-type.ts';
import { explainPastedText, holdsPrivateKey, privateKeyExplanation } from './pasted-text.ts';
import { WireError, WireReader } from './wire.ts';

/** A public key in its canonical form: two are the same key if and only if their blobs are equal. */
export type PublicKey = {
  readonly type: PublicKeyType;
  /** As in RFC 4253 §6.6: the type's name, then the fields. What is hashed, compared and sent. */
  readonly blob: Buffer;
  readonly bits: number;
};

/** No policy can go below it. */
export const minimumRsaBits = 2048;

/** In characters. OpenSSH reads no more bytes either (`SSH_MAX_PUBKEY_BYTES`); the longest RSA key takes a sixth. */
const maxLineLength = 16_384;

/** Type, base64, and an optional comment without control characters, which is thrown away. */
const linePattern = /^([a-z0-9-]+)[ \t]+([A-Za-z0-9+/]+={0,2})(?:[ \t]+[\P{Cc}\t]*)?$/u;

const giveWholeLine = 'give the whole line of the .pub file, as it is';

/**
 * Reads one OpenSSH public key line, `type base64 [comment]`, the content of a .pub file (sshd(8), AUTHORIZED_KEYS FILE
 * FORMAT, without its options). The error is for people: what was found instead, and what to do. It repeats nothing of
 * the line but the name of a type, since people also paste secrets.
 */
export const parsePublicKeyLine = (line: string): Result<PublicKey, string> => {
  if (holdsPrivateKey(line)) return err(privateKeyExplanation);
  if (line.length > maxLineLength) return err('it is too long for a public key; give the line of a .pub file');
  const text = line.trim();
  const [, type = '', base64 = ''] = linePattern.exec(text) ?? [];
  if (!isPublicKeyType(type)) return err(explainPastedText(text));
  const blob = Buffer.from(base64, 'base64');
  // node ignores what is not base64, and bits that fill no byte: only what it writes itself is the canonical form.
  if (blob.toString('base64') !== base64) return err(`the base64 after ${type} is damaged; ${giveWholeLine}`);
  const key = parsePublicKeyBlob(blob);
  if (!key.ok) return err(`${key.error}; ${giveWholeLine}`);
  if (key.value.type !== type) return err(`the line says ${type}, but its key is ${key.value.type}; ${giveWholeLine}`);
  return key;
};

/**
 * Reads the blob that a client offers, or that a public key line holds in base64. Cheap enough for what strangers send:
 * no key object is made. The error is for people; it repeats nothing of the input but the name of a type.
 */
export const parsePublicKeyBlob = (blob: Buffer): Result<PublicKey, string> => {
  try {
    const reader = new WireReader(blob);
    const type = reader.name();
    if (!isPublicKeyType(type)) return err(explainRefusedType(type));
    const fields = readKeyFields(type, reader);
    reader.end();
    return ok({ type, blob, bits: bitsOf(fields) });
  } catch (error) {
    if (error instanceof WireError) return err(`the key is damaged: ${error.message}`);
    throw error;
  }
};

/** For people: why the policy refuses this key, and what to do; undefined if it does not. */
export const weakness = (
  key: PublicKey,
  policy: {
    /** Below `minimumRsaBits` it has no effect. */
    readonly minimumRsaBits: number;
  },
): string | undefined => {
  const required = Math.max(policy.minimumRsaBits, minimumRsaBits);
  if (key.type !== 'ssh-rsa' || key.bits >= required) return undefined;
  const makeNewKey = 'make a new key with "ssh-keygen -t ed25519"';
  return `RSA with ${key.bits} bits is too weak, at least ${required} are needed; ${makeNewKey}`;
};
