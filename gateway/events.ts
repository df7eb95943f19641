import type { DenyReason } from '../core/access/decision.ts';
import type { Identity } from '../core/access/identity.ts';
import type { RuleRef } from '../core/access/rule-ref.ts';
import type { GitVerb } from '../core/git/command.ts';
import type { KeyOwner, LoginRefusal } from '../core/index/candidates.ts';
import type { PushReport, RefVerdict } from '../core/link/push-report.ts';
import type { ConnectionRefusal } from './admission.ts';
import type { SshFaultCode } from './ssh/fault.ts';

/**
 * Why one offered key was not taken. `BadSignature`: the key is known, the proof is wrong. `WrongAlgorithm`: one that does
 * not go with the key, or signs with SHA-1.
 */
export type AttemptRefusal = LoginRefusal | 'BadSignature' | 'NotAPublicKey' | 'WrongAlgorithm' | 'IndexUnavailable';

/**
 * Why a connection ended without anybody logging in. `Rejected`: its client left after a key of its was refused.
 * `NotLoggedIn`: a proof that was good a moment before. `IndexUnavailable`: there is no index, or none that is young enough.
 */
export type LoginFailure =
  | 'ClientLeft'
  | 'ConnectionLost'
  | 'Draining'
  | 'GraceTimeExceeded'
  | 'IndexUnavailable'
  | 'KeyExchangeFailed'
  | 'LimitExceeded'
  | 'NotLoggedIn'
  | 'ProtocolError'
  | 'Rejected'
  | 'ServerFault'
  | 'TooManyAttempts'
  | 'TooManyConnectionsOfUser';

/** Why the gateway ended a login. `Fault`: it could not be checked against the index. */
export type LoginEnd = 'Idle' | 'Revoked' | 'Fault';

/** Why a command was not run, beside what `decide` says. */
export type CommandRefusal =
  | DenyReason
  | 'NotFound'
  | 'UnsupportedCommand'
  | 'MalformedCommand'
  | 'BadPath'
  | 'LoginRevoked'
  | 'IndexUnavailable'
  | 'TooManyGreetings'
  | 'Draining'
  | 'Fault';

/** Why the gateway ended a session that was running. */
export type SessionTermination =
  | 'BadRequest'
  | 'Revoked'
  | 'MaxDuration'
  | 'IdleTimeout'
  | 'RequestTimeout'
  | 'Shutdown';

export type ClientFacts = {
  readonly connectionId: string;
  readonly address: string;
  readonly clientVersion: string;
};

export type KeyFacts = { readonly loginName: string; readonly fingerprint: string };

export type OfferedKey = {
  readonly fingerprint: string;
  readonly algorithm: string;
  readonly outcome: AttemptRefusal | 'Offered' | 'Proven';
  /** At most five; none for an unknown key. */
  readonly owners: readonly KeyOwner[];
};

export type OfferedKeys = {
  /** In the order in which they were offered; a bounded number, each once for each outcome. */
  readonly keys: readonly OfferedKey[];
  /** How many offers found no room in the list. */
  readonly unlisted: number;
};

export type SessionFacts = ClientFacts &
  KeyFacts & {
    readonly correlationId: string;
    /** As sent, with everything that is not printable ASCII replaced; at most 1,024 characters. */
    readonly command: string;
  };

export type SessionTarget = {
  readonly identity: Identity;
  readonly repository: {
    readonly namespace: string;
    readonly name: string;
    readonly path: string;
    readonly uid: string;
  };
  readonly verb: GitVerb;
  readonly rule: RuleRef;
};

/** Everything that the gateway tells of itself. One file logs these, one counts them. */
export type GatewayEvent =
  | { readonly type: 'ConnectionRefused'; readonly address: string; readonly reason: ConnectionRefusal }
  | { readonly type: 'AcceptFailed'; readonly detail: string }
  | {
      readonly type: 'KeyRefused';
      readonly client: ClientFacts;
      readonly loginName: string;
      readonly key: OfferedKey;
      readonly refusal: AttemptRefusal;
    }
  | {
      readonly type: 'LoginFailed';
      readonly client: ClientFacts;
      readonly reason: LoginFailure;
      /** The last one that was asked for, with a key or without; absent: none was. */
      readonly loginName?: string;
      readonly offered: OfferedKeys;
      readonly detail?: string;
      readonly cause?: Error;
    }
  | {
      /** A connection with a login that did not end in good order. */
      readonly type: 'ConnectionBroken';
      readonly client: ClientFacts;
      readonly key: KeyFacts;
      readonly code: SshFaultCode;
      readonly detail: string;
      readonly cause: Error;
    }
  | {
      readonly type: 'LoggedIn';
      readonly client: ClientFacts;
      readonly key: KeyFacts;
      readonly identities: readonly Identity[];
      readonly algorithms: { readonly kex: string; readonly hostKey: string; readonly cipher: string } | undefined;
      readonly seconds: number;
    }
  | {
      /** The end of a connection with a login, however it came about. */
      readonly type: 'LoggedOut';
      readonly client: ClientFacts;
      readonly identities: readonly Identity[];
      readonly sessions: number;
      readonly seconds: number;
    }
  | {
      readonly type: 'LoginEnded';
      readonly client: ClientFacts;
      readonly reason: LoginEnd;
      readonly detail?: string;
    }
  | {
      /** A live login or session could not be checked against the index, and was ended for it. */
      readonly type: 'CheckFailed';
      /** For operators alone. */
      readonly cause: unknown;
    }
  | {
      readonly type: 'SessionRefused';
      readonly session: SessionFacts;
      readonly reason: CommandRefusal;
      readonly path?: string;
      readonly identity?: Identity;
      readonly rule?: RuleRef;
      /** Of a fault: for operators alone. */
      readonly cause?: unknown;
    }
  | { readonly type: 'Greeted'; readonly session: SessionFacts; readonly identities: readonly Identity[] }
  | {
      readonly type: 'SessionStarted';
      readonly session: SessionFacts;
      readonly target: SessionTarget;
      readonly seconds: number;
    }
  | {
      /** Refs of a push that landed, or perhaps, beyond those that its `SessionEnded` lists; comes ahead of that. */
      readonly type: 'RefsChanged';
      readonly session: SessionFacts;
      readonly target: SessionTarget;
      readonly refs: readonly RefVerdict[];
    }
  | {
      readonly type: 'SessionEnded';
      readonly session: SessionFacts;
      readonly target: SessionTarget;
      readonly outcome: SessionOutcome;
      readonly exitStatus: number;
      readonly bytesIn: number;
      readonly bytesOut: number;
      readonly seconds: number;
      readonly push?: PushReport;
      /** What ended it, where that was not git. */
      readonly detail?: string;
      /** Of a fault: for operators alone. */
      readonly cause?: unknown;
    };

/** `Failed`: git's own exit status was not 0. `Fault`: it was our fault. */
export type SessionOutcome = 'Completed' | 'Failed' | 'ClientLeft' | 'Fault' | SessionTermination;

/** Takes events; never throws, never blocks. */
export type Emit = (event: GatewayEvent) => void;
