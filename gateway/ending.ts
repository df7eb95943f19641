import type { SessionOutcome } from './events.ts';

export type Ending = { readonly outcome: SessionOutcome; readonly detail?: string };

/** How a session ended: the first cause counts, all later ones are its consequences. */
export type EndingLatch = {
  readonly ending: Ending | undefined;
  /** Whether this was the first cause. */
  end(outcome: SessionOutcome, detail?: string): boolean;
};

export function createEndingLatch(): EndingLatch {
  let ending: Ending | undefined;
  return {
    get ending() {
      return ending;
    },
    end(outcome, detail) {
      if (ending !== undefined) return false;
      ending = { outcome, ...(detail !== undefined && { detail }) };
      return true;
    },
  };
}
