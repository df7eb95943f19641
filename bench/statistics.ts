/** The middle of a series and how far the middle half of it reaches. */
export type Spread = { readonly median: number; readonly lower: number; readonly upper: number };

/** Median and quartiles, interpolated. The series must not be empty. */
export const spreadOf = (series: readonly number[]): Spread => {
  const sorted = series.toSorted((left, right) => left - right);
  const quantile = (share: number): number => {
    const position = share * (sorted.length - 1);
    const below = sorted[Math.floor(position)] ?? Number.NaN;
    const above = sorted[Math.ceil(position)] ?? Number.NaN;
    return below + (above - below) * (position - Math.floor(position));
  };
  return { median: quantile(0.5), lower: quantile(0.25), upper: quantile(0.75) };
};

export const median = (series: readonly number[]): number => spreadOf(series).median;
