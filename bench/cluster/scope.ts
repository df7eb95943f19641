import type { Scope } from '../../test/harness/server-process.ts';

/** A scope that ends, the last part first, when the stack is disposed of. */
export const scopeOf = (stack: AsyncDisposableStack): Scope => ({
  after(clean) {
    stack.defer(async () => clean());
  },
});
