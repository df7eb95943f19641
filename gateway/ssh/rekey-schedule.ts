/** When keys are exchanged anew (RFC 4253 §9), how often a client may ask for it, and how long it may take. */
export interface RekeySchedule {
  /** Whether it is time for us to begin. */
  isDue(): boolean;
  /** Counts a client's request; `false` if it asks too often, which would cost us more than it costs the client. */
  allowRequest(): boolean;
  /** An exchange begins, if none has begun yet. */
  begin(): void;
  /** Whether the exchange has gone on for longer than it may. */
  isOverdue(): boolean;
  /** The exchange has ended. */
  end(): void;
}

const maxCredit = 16;
/** Whoever moves as much has earned an exchange; OpenSSH's `RekeyLimit 1M` is far above it. */
const bytesPerRequest = 65_536;
const msPerRequest = 1000;
const maxExchangeMs = 60_000;

/**
 * @param traffic bytes in both directions since the start of the connection.
 * @param now milliseconds on a clock that never goes back.
 */
export function createRekeySchedule(
  limit: { readonly bytes: number; readonly intervalMs: number },
  traffic: () => number,
  now: () => number,
): RekeySchedule {
  let lastExchange = { at: now(), traffic: traffic() };
  let lastRequest = lastExchange;
  let begunAt: number | undefined;
  let credit = maxCredit;

  return {
    isDue: () => traffic() - lastExchange.traffic >= limit.bytes || now() - lastExchange.at >= limit.intervalMs,
    allowRequest: () => {
      const request = { at: now(), traffic: traffic() };
      const earned =
        (request.traffic - lastRequest.traffic) / bytesPerRequest + (request.at - lastRequest.at) / msPerRequest;
      lastRequest = request;
      credit = Math.min(maxCredit, credit + earned);
      if (credit < 1) return false;
      credit -= 1;
      return true;
    },
    begin: () => {
      begunAt ??= now();
    },
    isOverdue: () => begunAt !== undefined && now() - begunAt > maxExchangeMs,
    end: () => {
      begunAt = undefined;
      lastExchange = { at: now(), traffic: traffic() };
    },
  };
}
