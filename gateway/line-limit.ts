import type { Clock } from './clock.ts';
import { originOf } from './origin.ts';

/** Keeps one kind of line, which strangers can cause at will, from flooding the log. */
export type LineLimit = {
  /** Undefined: the line is to be left out. Otherwise how many were left out since the last one that was not. */
  admit(address: string): number | undefined;
};

/** Most lines within ten seconds. */
export type LineRate = { readonly max: number; readonly maxPerOrigin: number };

const windowMs = 10_000;

export function createLineLimit(clock: Clock, { max, maxPerOrigin }: LineRate): LineLimit {
  let window = Number.NaN;
  let lines = 0;
  let leftOut = 0;
  /** Only of lines that were written: so there are never more than `max`. */
  const linesOfOrigin = new Map<string, number>();
  return {
    admit(address) {
      const now = Math.floor(clock.steady() / windowMs);
      if (now !== window) {
        window = now;
        lines = 0;
        linesOfOrigin.clear();
      }
      const origin = originOf(address);
      const ofOrigin = linesOfOrigin.get(origin) ?? 0;
      // A single address uses up its own share, and not that of the others.
      if (lines >= max || ofOrigin >= maxPerOrigin) {
        leftOut += 1;
        return undefined;
      }
      lines += 1;
      linesOfOrigin.set(origin, ofOrigin + 1);
      const told = leftOut;
      leftOut = 0;
      return told;
    },
  };
}
