import { isZero } from '../core/git/object-name.ts';
import type { RefUpdate } from '../core/link/hook-dialogue.ts';
import type { RefVerdict } from '../core/link/push-report.ts';

/** By ref: whether git made the change. What is not in it is not known. */
export type Landing = ReadonlyMap<string, boolean>;

/** What git said that it has changed, all of it. */
export const landingAsTold = (verdicts: readonly RefVerdict[], landed: readonly RefUpdate[]): Landing => {
  const told = new Set(landed.map(({ ref }) => ref));
  return new Map(verdicts.map(({ ref }) => [ref, told.has(ref)]));
};

/**
 * Used where git did not say what it changed. A git that ended in good order (`isOrderly`) then changed nothing; one that
 * was killed may have changed some. Where another push may explain the value that is found, or a hook that could not be
 * started, the ref is left out: not known.
 */
export function landingAsFound(
  verdicts: readonly RefVerdict[],
  values: ReadonlyMap<string, string>,
  isOrderly: boolean,
): Landing {
  const landing = new Map<string, boolean>();
  for (const { ref, old, new: next } of verdicts) {
    const value = values.get(ref);
    const is = (name: string): boolean => (value === undefined ? isZero(name) : value === name);
    if (isOrderly && !is(next)) landing.set(ref, false);
    else if (!isOrderly && is(next)) landing.set(ref, true);
    else if (!isOrderly && is(old)) landing.set(ref, false);
  }
  return landing;
}
