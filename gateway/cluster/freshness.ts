import type { Clock } from '../clock.ts';

/** How long ago the index in use was the newest one for certain. */
export type Freshness = {
  /** The manifest of this version is in use from now on. */
  use(version: string): void;
  /**
   * A question for the version that the API server has is about to be sent. Gives what takes the answer; undefined: it
   * has none.
   */
  ask(): (version: string | undefined) => void;
  /** Since the last question was sent whose answer is, or was meanwhile, in use; at first, since the beginning. */
  ageSeconds(): number;
};

type Question = { readonly at: number; readonly used: Set<string>; answer: string | undefined };

/**
 * Only an answer of the API server proves an index up to date, as of the moment in which the question was sent. Versions
 * are compared for equality alone: after etcd was restored from a backup, a higher one is not a later one.
 */
export function createFreshness(clock: Clock): Freshness {
  let provenAt = clock.steady();
  let inUse: string | undefined;
  let question: Question | undefined;

  const prove = ({ at, used, answer }: Question): void => {
    if (answer !== undefined && used.has(answer)) provenAt = Math.max(provenAt, at);
  };

  return {
    use(version) {
      inUse = version;
      question?.used.add(version);
      // The watch may bring what the answer spoke of after the answer.
      if (question !== undefined) prove(question);
    },
    ask() {
      const asked: Question = {
        at: clock.steady(),
        used: new Set(inUse === undefined ? [] : [inUse]),
        answer: undefined,
      };
      question = asked;
      return (version) => {
        asked.answer = version;
        prove(asked);
      };
    },
    ageSeconds: () => (clock.steady() - provenAt) / 1_000,
  };
}
