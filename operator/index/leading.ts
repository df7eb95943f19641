/** Somebody else leads, or may: nothing may be written any more. */
export class DeposedError extends Error {
  override readonly name = 'DeposedError';
}

/** What every write asks for first. */
export type Mandate = {
  /** Of all requests. */
  readonly signal: AbortSignal;
  /** Throws a `DeposedError` when leadership is over, or the reason of the signal. */
  demand(): void;
};

export const createMandate = (isLeader: () => boolean, signal: AbortSignal): Mandate => ({
  signal,
  demand() {
    signal.throwIfAborted();
    if (!isLeader()) throw new DeposedError('leadership is over');
  },
});
