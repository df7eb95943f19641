import { hash } from 'node:crypto';
import { formatRef, type ObjectRef } from './object-ref.ts';

/**
 * The UID of an object in a folder of manifests: the same for ever for one kind, namespace and name, so that an object
 * that is removed and put back finds its data again. A UUID of version 8 (RFC 9562 §5.8) over SHA-256.
 */
export function derivedUid(kind: string, ref: ObjectRef): string {
  const bytes = hash('sha256', `${kind}/${formatRef(ref)}`, 'buffer').subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
