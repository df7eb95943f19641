import type { SessionOutcome } from './events.ts';

export type Ending = { readonly outcome: SessionOutcome; readonly detail?: string; readonly cause?: unknown };

/** How a session ended: the first cause counts, all later ones are its consequences. */
export type EndingLatch = {
  readonly ending: Ending | undefined;
  /** Whether this was the first cause. */
  end(outcome: SessionOutcome, why?: Omit<Ending, 'outcome'>): boolean;
};

export function createEndingLatch(): EndingLatch {
  let ending: Ending | undefined;
  return {
    get ending() {
      return ending;
    },
    end(outcome, why) {
      if (ending !== undefined) return false;
      ending = { outcome, ...why };
      return true;
    },
  };
}
