import type { Condition } from '../../core/api/condition.ts';
import type { Progress } from './assertions.ts';

type ProgressFacts = {
  /** The revision that holds the object's entry as it is now; undefined: it is not written yet. */
  readonly needed: number | undefined;
  /** The first revision of this operator. Entries that are as they were before it have no later one. */
  readonly first: number | undefined;
  /** What all living gateways have loaded; undefined: none is alive. */
  readonly loaded: number | undefined;
  readonly generation: number;
  /** What the status says now. */
  readonly conditions: readonly Condition[];
};

/**
 * How far an entry has come. What every gateway once knew stays known while it does not change: a gateway that starts
 * anew serves nobody before it knows all, so that the statuses of everything need not follow each restart.
 */
export function progressOf({ needed, first, loaded, generation, conditions }: ProgressFacts): Progress {
  if (needed === undefined) return { kind: 'Publishing' };
  if (loaded !== undefined && loaded >= needed) return { kind: 'Programmed' };
  const wasKnown = conditions.some(
    ({ status, reason, observedGeneration }) =>
      status === 'True' && reason === 'Programmed' && observedGeneration === generation,
  );
  if (wasKnown && needed === first) return { kind: 'Programmed' };
  return loaded === undefined ? { kind: 'NoGateways' } : { kind: 'Loading' };
}
