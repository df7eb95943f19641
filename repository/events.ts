import type { GitVerb } from '../core/git/command.ts';
import type { FailureCode } from '../core/link/messages.ts';
import type { TicketProblem } from '../core/link/ticket.ts';
import type { PushProblem } from './hook-conversation.ts';

/** Why a connection was closed before it became anything. */
export type ConnectionRefusal = 'TooMany' | 'Silent' | 'NoPreface' | 'UnknownToken' | 'SaidTooMuch';

/** Why a control connection ended. */
export type LinkEnd =
  | 'Closed'
  | 'NoSignOfLife'
  | 'NoTicket'
  | 'BadFrame'
  | 'BadMessage'
  | 'SlowReader'
  | 'ShuttingDown';

/** How a session ended: git came to its end by itself, or why it was ended or never ran. */
export type SessionOutcome = 'Exited' | FailureCode;

/** Everything the repository server tells; one file logs it, one counts it. Durations are in seconds. */
export type RepositoryServerEvent =
  | { readonly type: 'Listening'; readonly address: string; readonly gitVersion: string }
  | { readonly type: 'LeftoversEnded'; readonly processes: number }
  | { readonly type: 'ConnectionRefused'; readonly reason: ConnectionRefusal }
  | { readonly type: 'LinkOpened'; readonly link: number }
  | { readonly type: 'LinkEnded'; readonly link: number; readonly reason: LinkEnd; readonly detail?: string }
  /** Whose tickets are honoured from now on, by `ticketKeyId`. */
  | { readonly type: 'LinkKeysChanged'; readonly keyIds: readonly string[] }
  /** Those that were read before stay in use. */
  | { readonly type: 'LinkKeysNotRead'; readonly cause: unknown }
  | { readonly type: 'TicketRefused'; readonly link: number; readonly problem: TicketProblem }
  | { readonly type: 'RepositoryCreated'; readonly uid: string }
  | { readonly type: 'StaleFilesRemoved'; readonly uid: string; readonly files: number }
  | { readonly type: 'QueueChanged'; readonly queued: number; readonly running: number }
  | { readonly type: 'GitSpawned'; readonly correlationId: string; readonly pid: number; readonly seconds: number }
  | {
      readonly type: 'PushJudged';
      readonly correlationId: string;
      readonly accepted: boolean;
      readonly refs: number;
      readonly problem?: PushProblem;
      /** Of a `Fault`, which is ours. */
      readonly cause?: unknown;
    }
  /** What became of an accepted push. `landed`: how many of its refs git has changed; absent: not known of each. */
  | {
      readonly type: 'PushSettled';
      readonly correlationId: string;
      readonly refs: number;
      readonly landed: number | undefined;
    }
  /** git did not say what landed, and could not be asked. */
  | { readonly type: 'LandingUnknown'; readonly correlationId: string; readonly cause: unknown }
  | {
      readonly type: 'SessionEnded';
      readonly correlationId: string;
      readonly uid: string;
      readonly verb: GitVerb;
      readonly outcome: SessionOutcome;
      readonly exitStatus?: number;
      readonly seconds: number;
      /** Of a session that was given up: in the words of who did it. */
      readonly reason?: string;
      /** Of a `ServerFault`. */
      readonly cause?: unknown;
    }
  | { readonly type: 'Draining' };

export type EventSink = (event: RepositoryServerEvent) => void;
