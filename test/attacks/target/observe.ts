import type { GoOn } from '../client/steps.ts';
import { measureGreeting, type Target } from './start.ts';

export type Observation = {
  /** Growth of resident memory at its worst, in MiB. */
  readonly growth: number;
  /** The longest that another client had to wait for its greeting, in milliseconds, at most `longestWait`. */
  readonly stall: number;
  readonly alive: boolean;
};

/** A client that has heard nothing for so long is not being served. */
const longestWait = 2500;
/** In MiB: one client of many has caused it, within seconds. */
const harmfulGrowth = 60;

export const isHarmed = ({ growth, stall, alive }: Observation): boolean =>
  !alive || growth > harmfulGrowth || stall >= longestWait;

/**
 * Watches a target while `attack` runs, and once more after it.
 * @param limit milliseconds; the attack is told to stop then, or as soon as it has done harm.
 */
export const observe = async (
  target: Target,
  limit: number,
  attack: (goOn: GoOn) => Promise<void>,
): Promise<Observation> => {
  await measureGreeting(target.port, longestWait);
  const before = target.memory();
  const deadline = Date.now() + limit;
  let growth = 0;
  let stall = 0;
  let running = true;

  const look = (): Observation => {
    growth = Math.max(growth, target.memory() - before);
    return { growth, stall, alive: target.alive };
  };
  const watch = async (): Promise<void> => {
    while (running && target.alive) {
      stall = Math.max(stall, await measureGreeting(target.port, longestWait));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const watching = watch();
  try {
    await attack(() => Date.now() < deadline && !isHarmed(look()));
  } finally {
    running = false;
    await watching;
  }
  if (target.alive) stall = Math.max(stall, await measureGreeting(target.port, longestWait));
  return look();
};
