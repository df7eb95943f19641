import type { Kind } from '../../core/api/resource.ts';
import type { Finding } from '../../core/index/findings.ts';
import type { Assertion } from './conditions.ts';

/** How far an object's entry has come on its way to the gateways. */
export type Progress =
  /** It is not in the index that the cluster holds yet. */
  | { readonly kind: 'Publishing' }
  /** No gateway is alive. */
  | { readonly kind: 'NoGateways' }
  /** Some gateway has not loaded it. */
  | { readonly kind: 'Loading' }
  | { readonly kind: 'Programmed' }
  /** An SSHKey's user, who is suspended. */
  | { readonly kind: 'UserSuspended'; readonly user: string };

/** Of a GitUser. */
export type UserFacts = {
  readonly isSuspended: boolean;
  /** How many SSHKeys log this person in. */
  readonly keys: number;
};

/** The conditions of an object of that kind. Says what is so, and what to do where something is not as it should be. */
export function assertionsOf(kind: Kind, finding: Finding, progress: Progress, user: UserFacts): readonly Assertion[] {
  if (kind === 'GitUser') return [readiness(finding, progress, user)];
  return [acceptance(finding), programming(finding, progress)];
}

const acceptance = ({ reason, message }: Finding): Assertion => ({
  type: 'Accepted',
  status: reason === 'Accepted' ? 'True' : 'False',
  reason,
  message,
});

function programming({ reason }: Finding, progress: Progress): Assertion {
  const type = 'Programmed';
  // A refusal has to reach the gateways too, but nobody waits for that.
  if (reason !== 'Accepted')
    return { type, status: 'False', reason: 'NotAccepted', message: 'see the condition Accepted' };
  return { type, ...explain(progress) };
}

function readiness({ reason, message }: Finding, progress: Progress, { isSuspended, keys }: UserFacts): Assertion {
  const type = 'Ready';
  if (reason !== 'Accepted') return { type, status: 'False', reason, message };
  if (isSuspended) {
    return {
      type,
      status: 'False',
      reason: 'Suspended',
      message: 'spec.suspended is true: nobody logs in as this user',
    };
  }
  if (progress.kind === 'Programmed' && keys === 0) {
    return {
      type,
      status: 'True',
      reason: 'Programmed',
      message: 'every gateway knows this person, whom no SSHKey lets in',
    };
  }
  return { type, ...explain(progress) };
}

function explain(progress: Progress): Pick<Assertion, 'status' | 'reason' | 'message'> {
  switch (progress.kind) {
    case 'Programmed':
      return { status: 'True', reason: 'Programmed', message: 'every gateway that is alive knows it' };
    case 'Publishing':
      return { status: 'False', reason: 'Publishing', message: 'the index with it is being written' };
    case 'Loading':
      return { status: 'False', reason: 'Loading', message: 'not all gateways have loaded it yet' };
    case 'NoGateways':
      return {
        status: 'False',
        reason: 'NoGateways',
        message: 'no gateway reports: see whether the pods of the gateway run and are ready',
      };
    case 'UserSuspended':
      return {
        status: 'False',
        reason: 'UserSuspended',
        message: `GitUser ${progress.user} is suspended, and this key lets nobody in: set its spec.suspended to false`,
      };
  }
}
