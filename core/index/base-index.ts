/** Which base shard holds a look-up key: the last that does not begin behind it. */
export function baseIndex(starts: readonly string[], key: string): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? '') <= key) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
