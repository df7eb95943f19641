/**
 * Loaded into a program with `node --import`: its wall clock is wrong by so many milliseconds. The steady clock
 * (`performance.now`) and timers are as they were, as on a machine whose clock is wrong.
 */
const shiftMs = Number(process.env.TEST_CLOCK_SHIFT_MS);
const RealDate = Date;

class ShiftedDate extends RealDate {
  constructor(...args: readonly []) {
    if (args.length === 0) super(RealDate.now() + shiftMs);
    else super(...args);
  }

  static override now(): number {
    return RealDate.now() + shiftMs;
  }
}

globalThis.Date = ShiftedDate as DateConstructor;
