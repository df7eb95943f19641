import type { GitVerb } from '../core/git/command.ts';
import type { SessionTermination } from './events.ts';

export type SessionLimits = {
  /** Milliseconds. 0: no limit. */
  readonly maxDuration: number;
  /** Milliseconds without a byte of payload in either direction. 0: no limit, for clients are silent while they count. */
  readonly idleTimeout: number;
  /** Milliseconds of the same, for clients that have not yet said what they want to read. 0: no limit. */
  readonly requestTimeout: number;
  /** Milliseconds of the same, for clients that have not yet said what they push. 0: no limit. */
  readonly pushTimeout: number;
};

/** How far a session has come: times in milliseconds. */
export type SessionProgress = {
  readonly verb: GitVerb;
  readonly duration: number;
  /** Since the last byte of payload in either direction. */
  readonly idle: number;
  /** The client has said what it wants. */
  readonly hasAsked: boolean;
};

/** The limit that a session has overrun, if any. */
export function overrun(
  limits: SessionLimits,
  { verb, duration, idle, hasAsked }: SessionProgress,
): { readonly termination: SessionTermination; readonly why: string } | undefined {
  const { maxDuration, idleTimeout } = limits;
  if (maxDuration > 0 && duration >= maxDuration) {
    return { termination: 'MaxDuration', why: `no session may take longer than ${formatDuration(maxDuration)} here` };
  }
  if (idleTimeout > 0 && idle >= idleTimeout) {
    return { termination: 'IdleTimeout', why: `no data went either way for ${formatDuration(idleTimeout)}` };
  }
  const askTimeout = askTimeoutOf(limits, verb);
  if (askTimeout > 0 && idle >= askTimeout && !hasAsked) {
    return { termination: 'RequestTimeout', why: `nothing was asked for within ${formatDuration(askTimeout)}` };
  }
  return undefined;
}

/**
 * Who reads has no reason to be silent once it was told what is there: in protocol v2 it lists refs before it looks at
 * its own, in v0 and v1 it looks whether it has them all. Before a push, the client's hook may run all the user's tests.
 */
const askTimeoutOf = ({ requestTimeout, pushTimeout }: SessionLimits, verb: GitVerb): number =>
  verb === 'receive-pack' ? pushTimeout : requestTimeout;

/** In the largest unit that gives a whole number, as the option is written. */
function formatDuration(milliseconds: number): string {
  const units = [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const;
  const [name, length] = units.find(([, unit]) => milliseconds % unit === 0) ?? ['ms', 1];
  return `${milliseconds / length}${name}`;
}
