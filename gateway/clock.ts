/** Two clocks: one that people read, and that may jump; one that only ever goes forward. Both in milliseconds. */
export type Clock = {
  /** Since 1970: for points in time that people set, such as a key's expiry. */
  readonly wall: () => number;
  /** Since some moment: for lengths of time. */
  readonly steady: () => number;
};

export const systemClock: Clock = { wall: Date.now, steady: () => performance.now() };

/** Seconds from `since`, a reading of the steady clock, to the millisecond. */
export const secondsSince = (clock: Clock, since: number): number => Math.round(clock.steady() - since) / 1_000;
