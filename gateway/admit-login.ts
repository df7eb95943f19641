import type { Identity } from '../core/access/identity.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { Identify, VerifiedKey } from './authentication.ts';
import type { LoginFailure } from './events.ts';
import type { DisconnectReason } from './ssh/connection.ts';
import type { UserConnections } from './user-connections.ts';

/** Why a client is turned away whose key may be a good one. */
type AdmissionRefusal = Extract<LoginFailure, 'IndexUnavailable' | 'TooManyConnectionsOfUser' | 'NotLoggedIn'>;

/** What it is told. */
export const farewells: Readonly<
  Record<AdmissionRefusal, { readonly reason: DisconnectReason; readonly text: string }>
> = {
  // Not a word on its key: "permission denied" would be taken for an answer.
  IndexUnavailable: { reason: 'ServiceNotAvailable', text: 'nobody can be let in at the moment: try again' },
  NotLoggedIn: { reason: 'NoMoreAuthMethods', text: 'not logged in' },
  TooManyConnectionsOfUser: {
    reason: 'TooManyConnections',
    text: 'you have too many connections open: close some, or use one for several sessions',
  },
};

export type AdmittedLogin = {
  readonly key: VerifiedKey;
  readonly identities: readonly Identity[];
  /** Gives the user's place back. */
  readonly leave: () => void;
};

/** The last look at a proof before its client is in. */
export function admitLogin(
  { admit, userConnections }: { readonly admit: Identify; readonly userConnections: UserConnections },
  key: VerifiedKey | undefined,
): Result<AdmittedLogin, AdmissionRefusal> {
  const candidates = key && admit(key);
  if (key === undefined || candidates?.ok !== true) return err('NotLoggedIn');
  const identities = candidates.value.map(({ identity }) => identity);
  const leave = userConnections.enter(identities);
  return leave === undefined ? err('TooManyConnectionsOfUser') : ok({ key, identities, leave });
}
