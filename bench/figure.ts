import { type Spread, spreadOf } from './statistics.ts';

/** One row of the table: something measured, and what it may be at most. */
export type Figure = {
  /** Unique; the row of this name in the page is replaced. */
  readonly work: string;
  /** What sshd took; empty when there is nothing to compare with. */
  readonly reference: string;
  readonly measured: string;
  /** The median, and the quartiles. */
  readonly spread: Spread;
  /** Of `spread` and the bounds: empty for a ratio. */
  readonly unit: '' | 'ms' | 's' | 'KiB' | 'MB' | 'failed' | 'writes';
  readonly bound: number;
  readonly goal?: number;
};

export const holds = (figure: Figure): boolean => figure.spread.median <= figure.bound;

/** A figure that compares git-ingress with the reference round by round, so that a slow minute slows both. */
export const ratioFigure = (
  work: string,
  rounds: { readonly reference: readonly number[]; readonly measured: readonly number[] },
  limits: { readonly bound: number; readonly goal?: number },
): Figure => ({
  work,
  reference: formatMilliseconds(spreadOf(rounds.reference).median),
  measured: formatMilliseconds(spreadOf(rounds.measured).median),
  spread: spreadOf(rounds.measured.map((value, round) => value / (rounds.reference[round] ?? Number.NaN))),
  unit: '',
  ...limits,
});

/** A figure that stands by itself: the spread of a series, against its bound. `measured` says what else there is to say. */
export const absoluteFigure = (
  work: string,
  series: readonly number[],
  { measured = '', ...rest }: Pick<Figure, 'unit' | 'bound' | 'goal'> & { readonly measured?: string },
): Figure => ({ work, reference: '', measured, spread: spreadOf(series), ...rest });

export const formatMilliseconds = (milliseconds: number): string =>
  milliseconds < 1000 ? `${milliseconds.toFixed(1)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;

const formatValue = (value: number, unit: Figure['unit']): string =>
  `${value.toFixed(unit === '' || value < 1 ? 2 : value < 100 ? 1 : 0).replace(/\.0$/, '')}${unit === '' ? '' : ` ${unit}`}`;

export const tableHead = [
  '| work | sshd + git-shell | git-ingress | figure: median (quartiles) | at most | goal | holds |',
  '| --- | --- | --- | --- | --- | --- | --- |',
] as const;

export const formatRow = (figure: Figure): string => {
  const { spread, unit } = figure;
  const quartiles =
    spread.lower === spread.upper ? '' : ` (${formatValue(spread.lower, '')} to ${formatValue(spread.upper, '')})`;
  const cells = [
    figure.work,
    figure.reference,
    figure.measured,
    `${formatValue(spread.median, unit)}${quartiles}`,
    formatValue(figure.bound, unit),
    figure.goal === undefined ? '' : formatValue(figure.goal, unit),
    holds(figure) ? 'yes' : '**no**',
  ];
  return `| ${cells.join(' | ')} |`;
};
