import { fingerprintOfAttempt } from './authentication.ts';
import type { ClientFacts, Emit, OfferedKey } from './events.ts';
import { printable } from './printable.ts';
import type { PublicKeyAttempt } from './ssh/connection.ts';

/** What a connection has offered so far, for the audit line of a login that fails. */
export type OfferedKeys = {
  readonly list: readonly OfferedKey[];
  note(attempt: PublicKeyAttempt, outcome: OfferedKey['outcome']): void;
};

/** An agent may hold many keys; the audit log names so many of them. */
const maxKept = 50;

export function createOfferedKeys(emit: Emit, client: ClientFacts): OfferedKeys {
  const list: OfferedKey[] = [];
  return {
    list,
    note(attempt, outcome) {
      const key = {
        loginName: printable(attempt.loginName, 255),
        fingerprint: fingerprintOfAttempt(attempt),
        algorithm: printable(attempt.algorithm, 64),
        outcome,
      };
      if (list.length < maxKept) list.push(key);
      if (outcome !== 'Offered' && outcome !== 'Proven') emit({ type: 'KeyRefused', client, key, refusal: outcome });
    },
  };
}
