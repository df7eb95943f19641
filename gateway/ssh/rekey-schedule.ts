/** When keys are exchanged anew (RFC 4253 §9), and how often a client may ask for it. */
export interface RekeySchedule {
  /** Whether it is time for us to begin. */
  isDue(): boolean;
  /** Counts a client's request; `false` if it asks too often, which would cost us more than it costs the client. */
  allowRequest(): boolean;
  /** An exchange has ended. */
  restart(): void;
}

const maximumCredit = 16;
/** Whoever moves as much has earned an exchange; OpenSSH's `RekeyLimit 1M` is far above it. */
const bytesPerRequest = 65_536;
const msPerRequest = 1000;

/**
 * @param traffic bytes in both directions since the start of the connection.
 * @param now milliseconds on a clock that never goes back.
 */
export const createRekeySchedule = (
  limit: { readonly bytes: number; readonly intervalMs: number },
  traffic: () => number,
  now: () => number,
): RekeySchedule => {
  let lastExchange = { at: now(), traffic: traffic() };
  let lastRequest = lastExchange;
  let credit = maximumCredit;

  return {
    isDue: () => traffic() - lastExchange.traffic >= limit.bytes || now() - lastExchange.at >= limit.intervalMs,
    allowRequest: () => {
      const request = { at: now(), traffic: traffic() };
      const earned =
        (request.traffic - lastRequest.traffic) / bytesPerRequest + (request.at - lastRequest.at) / msPerRequest;
      lastRequest = request;
      credit = Math.min(maximumCredit, credit + earned);
      if (credit < 1) return false;
      credit -= 1;
      return true;
    },
    restart: () => {
      lastExchange = { at: now(), traffic: traffic() };
    },
  };
};
