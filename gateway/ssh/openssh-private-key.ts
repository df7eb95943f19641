import { randomBytes } from 'node:crypto';
import { encodeString, encodeUint32 } from '../../core/ssh/wire.ts';

const magic = Buffer.from('openssh-key-v1\0');
const blockLength = 8;

/**
 * An unencrypted private key as OpenSSH stores it (its PROTOCOL.key).
 * @param privateFields what follows the type in the private section.
 */
export function encodeOpenSshPrivateKey(type: string, publicBlob: Buffer, privateFields: readonly Buffer[]): string {
  const check = randomBytes(4);
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
