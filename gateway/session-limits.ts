import type { GitVerb } from '../core/git/command.ts';
import type { SessionTermination } from './events.ts';

export type SessionLimits = {
  /** Milliseconds. 0: no limit. */
  readonly maxDuration: number;
  /** Milliseconds without a byte of payload in either direction. 0: no limit, for clients are silent while they count. */
  readonly idleTimeout: number;
  /** Milliseconds of the same, for clients that have not yet said what they want. 0: no limit. */
  readonly requestTimeout: number;
};

/** How far a session has come: times in milliseconds. */
export type SessionProgress = {
  readonly verb: GitVerb;
  readonly duration: number;
  /** Since the last byte of payload in either direction. */
  readonly idle: number;
  readonly bytesIn: number;
};

/** The limit that a session has overrun, if any. */
export function overrun(
  { maxDuration, idleTimeout, requestTimeout }: SessionLimits,
  { verb, duration, idle, bytesIn }: SessionProgress,
): { readonly termination: SessionTermination; readonly why: string } | undefined {
  if (maxDuration > 0 && duration >= maxDuration) {
    return { termination: 'MaxDuration', why: `no session may take longer than ${formatDuration(maxDuration)} here` };
  }
  if (idleTimeout > 0 && idle >= idleTimeout) {
    return { termination: 'IdleTimeout', why: `no data went either way for ${formatDuration(idleTimeout)}` };
  }
  if (requestTimeout > 0 && idle >= requestTimeout && bytesIn === 0 && asksAtOnce[verb]) {
    return { termination: 'RequestTimeout', why: `nothing was asked for within ${formatDuration(requestTimeout)}` };
  }
  return undefined;
}

/**
 * Whether a client has no reason to be silent once it was told what is there. In protocol v2 it lists refs before it
 * looks at its own, in v0 and v1 it looks whether it has them all. Before a push its hook may run all the user's tests.
 */
const asksAtOnce: Readonly<Record<GitVerb, boolean>> = {
  'upload-pack': true,
  'upload-archive': true,
  'receive-pack': false,
};

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
