import type { KeyOwner } from '../core/index/candidates.ts';
import { asciiOnly } from '../core/printable.ts';
import { fingerprintOfAttempt } from './authentication.ts';
import type { ClientFacts, Emit, OfferedKey, OfferedKeys } from './events.ts';
import type { PublicKeyAttempt } from './ssh/connection.ts';

/** An agent may hold many keys, and a stranger make up any number: so many of each kind are named in the audit log. */
const maxKnown = 10;
const maxUnknown = 5;
/** Namespaces may list the same key, each for itself. */
const maxOwners = 5;

/** Collects what a connection offers, for the audit line of a login that fails. */
export function createOfferedKeys(emit: Emit, client: ClientFacts) {
  const known: OfferedKey[] = [];
  const unknown: OfferedKey[] = [];
  const keys: OfferedKey[] = [];
  let unlisted = 0;
  let isRefused = false;

  const list = (key: OfferedKey): void => {
    const [ofItsKind, max] = key.owners.length > 0 ? [known, maxKnown] : [unknown, maxUnknown];
    const isListed = ofItsKind.some((other) => other.fingerprint === key.fingerprint && other.outcome === key.outcome);
    if (isListed) return;
    if (ofItsKind.length >= max) {
      unlisted += 1;
      return;
    }
    ofItsKind.push(key);
    keys.push(key);
  };

  return {
    get offered(): OfferedKeys {
      return { keys, unlisted };
    },
    /** At least one was not taken. */
    get isRefused(): boolean {
      return isRefused;
    },
    note(attempt: PublicKeyAttempt, outcome: OfferedKey['outcome'], owners: readonly KeyOwner[]): void {
      const key = {
        fingerprint: fingerprintOfAttempt(attempt),
        algorithm: asciiOnly(attempt.algorithm, 64),
        outcome,
        owners: owners.slice(0, maxOwners),
      };
      list(key);
      if (outcome === 'Offered' || outcome === 'Proven') return;
      isRefused = true;
      emit({ type: 'KeyRefused', client, loginName: asciiOnly(attempt.loginName, 255), key, refusal: outcome });
    },
  };
}
