import type { Condition } from '../../core/api/condition.ts';
import { maxConditionMessage } from '../../core/api/condition.ts';

/** What a condition is to say; when it began to say so follows from what it said before. */
export type Assertion = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/**
 * The conditions that say `assertions` of a generation. The time of the last transition is kept where the status is what
 * it was, as the conventions of the API have it.
 */
export function buildConditions(
  assertions: readonly Assertion[],
  before: readonly Condition[],
  generation: number,
  now: string,
): readonly Condition[] {
  return assertions.map(({ type, status, reason, message }) => {
    const earlier = before.find((condition) => condition.type === type);
    const lastTransitionTime = earlier?.status === status ? earlier.lastTransitionTime : now;
    return { type, status, observedGeneration: generation, lastTransitionTime, reason, message: cut(message) };
  });
}

const cut = (message: string): string =>
  message.length <= maxConditionMessage ? message : `${message.slice(0, maxConditionMessage - 1)}…`;
