import { encodeString, encodeUint32, WireError, WireReader } from './wire.ts';

const magic = Buffer.from('openssh-key-v1\0');
const blockLength = 8;
const armour = /^-----BEGIN OPENSSH PRIVATE KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)\r?\n-----END OPENSSH PRIVATE KEY-----$/;

/**
 * An unencrypted private key as OpenSSH stores it (its PROTOCOL.key).
 * @param privateFields what follows the type in the private section.
 * @param check four random bytes, by which readers of an encrypted key see that they decrypted it.
 */
export function encodeOpenSshPrivateKey(
  type: string,
  publicBlob: Buffer,
  privateFields: readonly Buffer[],
  check: Buffer,
): string {
  const section = Buffer.concat([check, check, encodeString(type), ...privateFields, encodeString('')]);
  const paddingLength = (blockLength - (section.length % blockLength)) % blockLength;
  const padding = Buffer.from(Array.from({ length: paddingLength }, (_, index) => index + 1));
  const base64 = Buffer.concat([
    magic,
    encodeString('none'),
    encodeString('none'),
    encodeString(''),
    encodeUint32(1),
    encodeString(publicBlob),
    encodeString(Buffer.concat([section, padding])),
  ]).toString('base64');
  const lines = base64.match(/.{1,70}/g) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n');
}

/**
 * Opens the private section of such a file.
 * @returns the key's type, and a reader that stands before its private fields.
 * @throws WireError if it is anything else, or encrypted, or holds several keys. Quotes nothing of it.
 */
export function readOpenSshPrivateKey(text: string): { readonly type: string; readonly fields: WireReader } {
  const base64 = armour.exec(text.trim())?.[1];
  if (base64 === undefined) throw new WireError('it is no private key in the format of OpenSSH');
  const bytes = Buffer.from(base64, 'base64');
  if (!bytes.subarray(0, magic.length).equals(magic)) throw new WireError('its format is of another version');
  const file = new WireReader(bytes.subarray(magic.length));
  const [cipher, derivation, derivationOptions] = [file.name(), file.name(), file.name()];
  if (cipher !== 'none' || derivation !== 'none' || derivationOptions !== '') throw new WireError('it is encrypted');
  if (file.uint32() !== 1) throw new WireError('it holds several keys, or none');
  file.string();
  const fields = new WireReader(file.string());
  file.end();
  const [check, checkAgain] = [fields.uint32(), fields.uint32()];
  if (check !== checkAgain) throw new WireError('its check numbers differ');
  return { type: fields.name(), fields };
}
