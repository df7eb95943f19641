/** A wait that somebody else can end. */
export type Waker = {
  wake(): void;
  /** Until `wake()` is called or so many milliseconds have passed; at once if it was called since the last wait. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
};

export function createWaker(): Waker {
  let isAwake = false;
  let end = (): void => {};

  async function sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = Number.isFinite(ms) ? setTimeout(resolve, ms) : undefined;
    const onAbort = (): void => resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    end = resolve;
    await promise;
    end = () => {};
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }

  return {
    wake() {
      isAwake = true;
      end();
    },
    async wait(ms, signal) {
      if (!isAwake) await sleep(ms, signal);
      isAwake = false;
    },
  };
}
