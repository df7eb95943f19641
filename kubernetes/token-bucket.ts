/** Lets `perSecond` through in the long run, and `burst` at once. */
export type TokenBucket = {
  /** Takes a token: 0. None there: the milliseconds until there is one; nothing was taken. */
  take(): number;
};

export type RateLimit = { readonly perSecond: number; readonly burst: number };

export function createTokenBucket({ perSecond, burst }: RateLimit, now = () => performance.now()): TokenBucket {
  let tokens = burst;
  let filledAt = now();
  return {
    take() {
      const time = now();
      tokens = Math.min(burst, tokens + ((time - filledAt) / 1_000) * perSecond);
      filledAt = time;
      if (tokens < 1) return Math.ceil(((1 - tokens) / perSecond) * 1_000);
      tokens -= 1;
      return 0;
    },
  };
}
