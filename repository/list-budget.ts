/** What one push has of the budget. */
export interface ListAllowance {
  /** Whether so many bytes more of its list may be kept. */
  reserve(bytes: number): boolean;
  /** Nothing of the list is kept any more, and nothing more will be. Repeatable. */
  release(): void;
}

/** Bounds the memory that all pushes together take for their lists of refs. */
export interface ListBudget {
  open(): ListAllowance;
}

/** In bytes of lists. One that is judged takes three times its bytes, and as much again while its landing is told. */
const maxTotal = 32 * 1024 * 1024;

/** What every push may have, so that a few enormous ones do not stand in the way of all others: some 600 refs. */
const guaranteed = 64 * 1024;

/** One for all pushes of a server. */
export function createListBudget(): ListBudget {
  let total = 0;
  return {
    open() {
      let length = 0;
      let reserved = 0;
      let released = false;
      return {
        reserve(bytes) {
          const needed = Math.max(0, length + bytes - guaranteed) - reserved;
          if (released || (needed > 0 && total + needed > maxTotal)) return false;
          length += bytes;
          reserved += needed;
          total += needed;
          return true;
        },
        release() {
          released = true;
          total -= reserved;
          reserved = 0;
        },
      };
    },
  };
}
