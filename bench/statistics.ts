/** The middle of a series and how far the middle half of it reaches. */
export type Spread = { readonly median: number; readonly lower: number; readonly upper: number };

/** Median and quartiles, interpolated. The series must not be empty. */
export const spreadOf = (series: readonly number[]): Spread => ({
  median: quantileOf(series, 0.5),
  lower: quantileOf(series, 0.25),
  upper: quantileOf(series, 0.75),
});

/** The value that a share of the series does not exceed, interpolated; 0.99 gives the 99th percentile. */
export const quantileOf = (series: readonly number[], share: number): number => {
  const sorted = series.toSorted((left, right) => left - right);
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
};

export const median = (series: readonly number[]): number => spreadOf(series).median;
