import type { SessionTermination } from './events.ts';

export type SessionLimits = {
  /** Milliseconds. 0: no limit. */
  readonly maxDuration: number;
  /** Milliseconds without a byte of payload in either direction. 0: no limit, for clients are silent while they count. */
  readonly idleTimeout: number;
};

/** The limit that a session has overrun, if any. */
export function overrun(
  { maxDuration, idleTimeout }: SessionLimits,
  duration: number,
  idle: number,
): { readonly termination: SessionTermination; readonly why: string } | undefined {
  if (maxDuration > 0 && duration >= maxDuration) {
    return { termination: 'MaxDuration', why: `no session may take longer than ${formatDuration(maxDuration)} here` };
  }
  if (idleTimeout > 0 && idle >= idleTimeout) {
    return { termination: 'IdleTimeout', why: `no data went either way for ${formatDuration(idleTimeout)}` };
  }
  return undefined;
}

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
