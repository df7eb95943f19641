import type { Scope } from '../test/harness/server-process.ts';
import type { Figure } from './figure.ts';
import type { Workspace } from './workspace.ts';

/** A part of the bench that can be run on its own. */
export type Section = {
  readonly name: string;
  /** The rows it measures, in the order of the table. */
  readonly works: readonly string[];
  /** Unless ROUNDS says otherwise. */
  readonly rounds: number;
  measure(context: SectionContext): Promise<readonly Figure[]>;
};

export type SectionContext = {
  readonly workspace: Workspace;
  readonly rounds: number;
  /** Ends with the last section: for what several of them use, because it takes minutes to make. */
  readonly run: Scope;
  /** A line for whoever watches; not for the page. */
  readonly note: (line: string) => void;
};

/**
 * Measures contenders in turns, so that whatever else the machine does slows all of them; every other round backwards.
 * One turn before the first is not counted. Returns a series for each.
 */
export const interleave = async <const Contenders extends readonly ((round: number) => Promise<number>)[]>(
  rounds: number,
  contenders: Contenders,
): Promise<{ [Index in keyof Contenders]: readonly number[] }> => {
  const series = contenders.map((): number[] => []);
  const turns = contenders.map((measure, index) => async (round: number) => series[index]?.push(await measure(round)));
  for (const measure of contenders) await measure(0);
  for (let round = 1; round <= rounds; round++) {
    for (const turn of round % 2 === 0 ? turns.toReversed() : turns) await turn(round);
  }
  return series as unknown as { [Index in keyof Contenders]: readonly number[] };
};
