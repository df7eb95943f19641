import type { AccessIndex } from '../core/index/access-index.ts';
import { type Candidate, candidatesFor, type KeyOwner } from '../core/index/candidates.ts';
import { err, ok, type Result } from '../core/result.ts';
import { fingerprintOfHash, keyHash } from '../core/ssh/fingerprint.ts';
import { parsePublicKeyBlob } from '../core/ssh/public-key.ts';
import { keyTypeOfAlgorithm, verifySignature } from '../core/ssh/signature.ts';
import type { Clock } from './clock.ts';
import type { AttemptRefusal } from './events.ts';
import type { AccessIndexSource } from './ports.ts';
import type { PublicKeyAttempt } from './ssh/connection.ts';

declare const verified: unique symbol;

/**
 * Proof that a client holds a private key. `authenticate` below is its only maker, out of the key and the signature of
 * one and the same attempt; a key that was merely offered never becomes one. Whom the key stands for is asked of the
 * index each time anew, so that nothing outlives a change of it.
 */
export type VerifiedKey = {
  readonly [verified]: true;
  readonly hash: string;
  readonly fingerprint: string;
  readonly loginName: string;
  readonly address: string;
};

/** A key that was not taken; `owners` is for the log alone. */
export type Refused = { readonly reason: AttemptRefusal; readonly owners: readonly KeyOwner[] };

/** Who a verified key is at this moment, or why nobody. */
export type Identify = (key: VerifiedKey) => Result<readonly Candidate[], Refused>;

type AcceptedKey = {
  /** Undefined: the client only asked, and may go on to sign. */
  readonly key: VerifiedKey | undefined;
  readonly owners: readonly KeyOwner[];
};

export type Authentication = {
  authenticate(attempt: PublicKeyAttempt, address: string): Result<AcceptedKey, Refused>;
  /** For what begins: a login, a session. Nobody is admitted by an index that is too old. */
  readonly admit: Identify;
  /** For what runs, and runs on for as long as the index in use says so, however old that is. */
  readonly identify: Identify;
};

/** Beyond that age, in milliseconds, nobody is let in. */
export const isTooOld = (source: AccessIndexSource, maxIndexAge: number): boolean =>
  source.ageSeconds() * 1_000 > maxIndexAge;

export const fingerprintOfAttempt = ({ keyBlob }: PublicKeyAttempt): string => fingerprintOfHash(keyHash(keyBlob));

const ownersOf = ({ identity }: Candidate): readonly KeyOwner[] =>
  identity.key === undefined ? [] : [{ key: identity.key, ...(identity.kind === 'User' && { user: identity.user }) }];

/** `maxIndexAge` in milliseconds: a gateway that is cut off must not honour keys for ever that were revoked meanwhile. */
export function createAuthentication(source: AccessIndexSource, clock: Clock, maxIndexAge: number): Authentication {
  const candidates = (
    index: AccessIndex | undefined,
    { hash, loginName, address }: { readonly hash: string; readonly loginName: string; readonly address: string },
  ) =>
    index === undefined
      ? err({ reason: 'IndexUnavailable' as const, owners: [] })
      : candidatesFor(index, { keyHash: hash, loginName, address, now: clock.wall() });
  const youngIndex = () => (isTooOld(source, maxIndexAge) ? undefined : source.current);
  return {
    authenticate(attempt, address) {
      const hash = keyHash(attempt.keyBlob);
      const found = candidates(youngIndex(), { hash, loginName: attempt.loginName, address });
      if (!found.ok) return found;
      const owners = found.value.flatMap(ownersOf);
      const refuse = (reason: AttemptRefusal) => err({ reason, owners });
      const key = parsePublicKeyBlob(attempt.keyBlob);
      if (!key.ok) return refuse('NotAPublicKey');
      if (keyTypeOfAlgorithm(attempt.algorithm) !== key.value.type) return refuse('WrongAlgorithm');
      if (attempt.proof === undefined) return ok({ key: undefined, owners });
      const { signature, signedData } = attempt.proof;
      if (!verifySignature(key.value, attempt.algorithm, signature, signedData)) return refuse('BadSignature');
      const { loginName } = attempt;
      return ok({ key: { hash, fingerprint: fingerprintOfHash(hash), loginName, address } as VerifiedKey, owners });
    },
    admit: (key) => candidates(youngIndex(), key),
    identify: (key) => candidates(source.current, key),
  };
}
