import { formatRef } from '../api/object-ref.ts';
import type { SSHKey } from '../api/resource.ts';
import type { Claim } from './claim-of.ts';
import { encodeEntry, maxEntryBytes } from './entry-line.ts';
import type { Finding } from './findings.ts';
import { keyEntry, keyListing } from './key-entry.ts';

/** The SSHKeys that hold one public key for one namespace: one, or one for each user who shares it. */
export type KeyHolders = {
  /** Why a younger SSHKey cannot hold it too, as far as that can be told without its owner. */
  refusalOf(key: SSHKey): Finding | undefined;
  /** Takes in one that is not refused, or says that there is no room for it. */
  admit(key: SSHKey): Finding | undefined;
  readonly keys: readonly SSHKey[];
};

/** So many people share a laptop. A login tries all of them, and every change of one tells all who share with it. */
export const maxHolders = 64;

/** `claim`: as `keyEntry` takes it. */
export function createKeyHolders(claim: Claim): KeyHolders {
  const keys: SSHKey[] = [];
  const byUser = new Map<string, SSHKey>();
  /** Of the entry with all of them; known as soon as there are two. */
  let bytes: number | undefined;
  let isFull = false;

  function sizeWith(key: SSHKey): number {
    bytes ??= sizeOf(encodeEntry(keyEntry(claim, keys)));
    return bytes + sizeOf(`,${JSON.stringify(keyListing(key))}`);
  }

  function rivalOf({ spec: { userRef } }: SSHKey): SSHKey | undefined {
    const [first] = keys;
    // A deploy key has no login name to be told apart by.
    if (userRef === undefined || first?.spec.userRef === undefined) return first;
    return byUser.get(userRef.name);
  }

  return {
    keys,
    refusalOf(key) {
      const rival = rivalOf(key);
      if (rival !== undefined) return duplicateOf(rival);
      if (keys.length === maxHolders) return tooManyUsers;
      return isFull ? tooLarge : undefined;
    },
    admit(key) {
      if (keys.length > 0) {
        const size = sizeWith(key);
        // Younger ones are refused too, however little they need: otherwise each of thousands would be weighed.
        isFull = size > maxEntryBytes;
        if (isFull) return tooLarge;
        bytes = size;
      }
      keys.push(key);
      if (key.spec.userRef !== undefined) byUser.set(key.spec.userRef.name, key);
      return undefined;
    },
  };
}

const sizeOf = (text: string): number => Buffer.byteLength(text);

const duplicateOf = ({ metadata }: SSHKey): Finding => ({
  reason: 'Duplicate',
  message: `the same public key is in SSHKey ${formatRef(metadata)}, which holds: remove one of the two`,
  field: 'publicKey',
});

/** One value for all to whom it is said. */
const tooManyUsers: Finding = Object.freeze({
  reason: 'TooManyUsers',
  message: `${maxHolders} older SSHKeys of this namespace list the same key for other users, and no more can: give this user a key of their own, or remove one of those`,
  field: 'publicKey',
});

const tooLarge: Finding = Object.freeze({
  reason: 'TooLarge',
  message: `with older SSHKeys of this namespace that list the same key for other users, this one compiles to more than ${maxEntryBytes} bytes: give this user a key of their own, or use fewer sourceRanges`,
  field: 'publicKey',
});
