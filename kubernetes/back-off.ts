/**
 * The pause after so many failures in a row (from 0), in milliseconds: doubles from `firstMs` to `maxMs`, less up to a half
 * by chance, so that those who failed together do not come back together.
 */
export function backOffMs(
  failures: number,
  { firstMs, maxMs }: { readonly firstMs: number; readonly maxMs: number },
): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(failures, 30));
  return full * (1 - Math.random() / 2);
}
