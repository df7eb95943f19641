import type { KeyOwner } from '../core/index/candidates.ts';
import { fingerprintOfAttempt } from './authentication.ts';
import type { ClientFacts, Emit, OfferedKey } from './events.ts';
import { printable } from './printable.ts';
import type { PublicKeyAttempt } from './ssh/connection.ts';

/** What a connection has offered so far, for the audit line of a login that fails. */
export type OfferedKeys = {
  readonly list: readonly OfferedKey[];
  /** At least one was not taken. */
  readonly isRefused: boolean;
  note(attempt: PublicKeyAttempt, outcome: OfferedKey['outcome'], owners: readonly KeyOwner[]): void;
};

/** An agent may hold many keys; the audit log names so many of them. */
const maxKept = 50;
/** Namespaces may list the same key, each for itself. */
const maxOwners = 10;

export function createOfferedKeys(emit: Emit, client: ClientFacts): OfferedKeys {
  const list: OfferedKey[] = [];
  let isRefused = false;
  return {
    list,
    get isRefused() {
      return isRefused;
    },
    note(attempt, outcome, owners) {
      const key = {
        loginName: printable(attempt.loginName, 255),
        fingerprint: fingerprintOfAttempt(attempt),
        algorithm: printable(attempt.algorithm, 64),
        outcome,
        owners: owners.slice(0, maxOwners),
      };
      if (list.length < maxKept) list.push(key);
      if (outcome === 'Offered' || outcome === 'Proven') return;
      isRefused = true;
      emit({ type: 'KeyRefused', client, key, refusal: outcome });
    },
  };
}
