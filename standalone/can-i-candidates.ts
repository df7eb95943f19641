import { readFile, stat } from 'node:fs/promises';
import { sharedLoginName } from '../core/api/git-user.ts';
import { formatRef, type ObjectRef } from '../core/api/object-ref.ts';
import type { AccessIndex } from '../core/index/access-index.ts';
import { type Candidate, candidatesFor, type LoginRefusal } from '../core/index/candidates.ts';
import { err, ok, type Result } from '../core/result.ts';
import { keyHash } from '../core/ssh/fingerprint.ts';
import { holdsPrivateKey } from '../core/ssh/pasted-text.ts';
import { parsePublicKeyLine } from '../core/ssh/public-key.ts';
import { explainSystemError } from '../runtime/startup-error.ts';
import type { Asker } from './can-i-question.ts';

/** Why nothing was decided. */
export type NoDecision =
  /** Refused before that: at login, or because there is no such repository. */
  { readonly kind: 'Refused'; readonly message: string } | { readonly kind: 'Unknown'; readonly message: string };

/** Everybody whom the asker may be, as at a login; at least one. `now` is in milliseconds since 1970. */
export const findCandidates = async (
  asker: Asker,
  index: AccessIndex,
  now: number,
): Promise<Result<readonly Candidate[], NoDecision>> =>
  asker.kind === 'User' ? userCandidates(asker.user, index) : keyCandidates(asker, index, now);

function userCandidates(ref: ObjectRef, index: AccessIndex): Result<readonly Candidate[], NoDecision> {
  const user = index.user(ref);
  if (user === undefined) return err({ kind: 'Unknown', message: `there is no accepted GitUser ${formatRef(ref)}` });
  if (user.suspended) return err({ kind: 'Refused', message: `GitUser ${formatRef(ref)} is suspended` });
  return ok([{ identity: { kind: 'User', user: ref, groups: user.groups, access: 'ReadWrite' } }]);
}

async function keyCandidates(
  { file, loginName = sharedLoginName, address = '' }: Asker & { kind: 'Key' },
  index: AccessIndex,
  now: number,
): Promise<Result<readonly Candidate[], NoDecision>> {
  const line = await readKeyFile(file);
  // What the parser says of a private key is for one that was published in a manifest; this one left no machine.
  if (line.ok && holdsPrivateKey(line.value)) return err({ kind: 'Unknown', message: `${file}: ${givePublicHalf}` });
  const key = line.ok ? parsePublicKeyLine(line.value) : line;
  if (!key.ok) return err({ kind: 'Unknown', message: `${file}: ${key.error}` });
  const candidates = candidatesFor(index, { keyHash: keyHash(key.value.blob), loginName, address, now });
  return candidates.ok ? candidates : err(explainRefusal(candidates.error.reason, address));
}

const givePublicHalf = 'this is a private key, of which nothing was kept or shown: give its public half, the .pub file';

const maxKeyFileBytes = 64 * 2 ** 10;

async function readKeyFile(file: string): Promise<Result<string, string>> {
  try {
    const { size } = await stat(file);
    if (size > maxKeyFileBytes) return err('is too large for a public key');
    return ok(await readFile(file, 'utf8'));
  } catch (error) {
    return err(explainSystemError(error));
  }
}

function explainRefusal(refusal: LoginRefusal, address: string): NoDecision {
  switch (refusal) {
    case 'UnknownKey':
      return { kind: 'Unknown', message: 'no accepted SSHKey lists this key' };
    case 'WrongLoginName':
      return {
        kind: 'Refused',
        message: 'nobody of that name has this key; users who share one log in by --login NAME',
      };
    case 'SourceAddress':
      if (address === '') return { kind: 'Unknown', message: 'the key holds for some addresses only: give --address' };
      return { kind: 'Refused', message: `the key does not hold for ${address}` };
    case 'NotYetValid':
      return { kind: 'Refused', message: 'the key does not hold yet (spec.notBefore)' };
    case 'Expired':
      return { kind: 'Refused', message: 'the key has expired (spec.expiresAt)' };
    case 'Suspended':
      return { kind: 'Refused', message: "the key's user is suspended" };
    case 'UserGone':
      return { kind: 'Refused', message: "the key's user does not exist" };
  }
}
