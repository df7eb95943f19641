/**
 * Hands events on when this turn of the event loop is over, in their order: whoever waits for an answer does not wait
 * until it is logged and counted, which takes a twentieth of a short session. `runProcess` lets the last ones through
 * before it ends the process.
 */
export const afterThisTurn =
  <Event>(handle: (event: Event) => void): ((event: Event) => void) =>
  (event) =>
    void setImmediate(handle, event);
