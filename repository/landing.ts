import { isZero } from '../core/git/object-name.ts';
import type { RefUpdate } from '../core/link/hook-dialogue.ts';
import type { RefVerdict } from '../core/link/push-report.ts';
import type { Landing } from './build-push-report.ts';

/** What git said that it has changed, all of it. */
export const landingAsTold = (verdicts: readonly RefVerdict[], landed: readonly RefUpdate[]): Landing => {
  const told = new Set(landed.map(({ ref }) => ref));
  return new Map(verdicts.map(({ ref }) => [ref, told.has(ref)]));
};

/**
 * What the refs look like when git is gone, where it did not say what it had changed. Then either nothing landed, and it
 * ended in good order (`isOrderly`), or it was killed. What somebody else may have done meanwhile is not known: that a
 * ref is neither what it was nor what it should be after a git that was killed, or what it should be after one that was
 * not.
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
