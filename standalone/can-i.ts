import { type Action, decide } from '../core/access/decide.ts';
import type { Decision } from '../core/access/decision.ts';
import { formatIdentity, type Identity } from '../core/access/identity.ts';
import { permissionOf } from '../core/access/permission.ts';
import type { RepositoryRules } from '../core/access/repository-rules.ts';
import type { AccessIndex } from '../core/index/access-index.ts';
import { chooseCandidate } from '../core/index/candidates.ts';
import type { IndexPolicy } from '../core/index/policy.ts';
import type { Result } from '../core/result.ts';
import { type ExitCode, exitCodes } from '../runtime/exit-codes.ts';
import { findCandidates, type NoDecision } from './can-i-candidates.ts';
import type { Question } from './can-i-question.ts';
import { createStandaloneIndex } from './index-source.ts';
import type { KnownObjects } from './known-objects.ts';

export type CanIOptions = {
  readonly question: Question;
  /** What to answer from, or why that cannot be had. */
  readonly objects: Result<KnownObjects, string>;
  readonly policy: IndexPolicy;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly print: (line: string) => void;
  /** For what is no part of the answer. */
  readonly warn: (line: string) => void;
};

/** What came out: the decision and the rule behind it, or why there is none. */
type Answer =
  | {
      readonly kind: 'Decided';
      readonly decision: Decision;
      readonly who: string;
      /** Rules for refs may yet refuse, but no ref was named. */
      readonly hangsOnRef: boolean;
    }
  | NoDecision;

/**
 * `git-ingress can-i`: what would happen, by the very code of the gateway and of the hooks. Good: allowed; failed:
 * denied; unknown: could not tell.
 */
export async function canI({ question, objects, policy, now, print, warn }: CanIOptions): Promise<ExitCode> {
  if (!objects.ok) {
    warn(`could not tell: ${objects.error}`);
    return exitCodes.unknown;
  }
  const { resources, place, problems } = objects.value;
  if (problems !== undefined) warn(problems);
  const source = createStandaloneIndex(policy, () => 0);
  source.update(resources);
  const answer = source.current === undefined ? nothingIn(place) : await find(question, source.current, now);
  switch (answer.kind) {
    case 'Unknown':
      warn(`could not tell: ${answer.message}`);
      return exitCodes.unknown;
    case 'Refused':
      print(`denied: ${answer.message}`);
      return exitCodes.failed;
    case 'Decided':
      for (const line of formatDecision(answer)) print(line);
      return answer.decision.allow ? exitCodes.good : exitCodes.failed;
  }
}

const nothingIn = (place: string): Answer => ({ kind: 'Unknown', message: `there are no objects in ${place}` });

async function find(question: Question, index: AccessIndex, now: number): Promise<Answer> {
  const { action, path, ref, asker } = question;
  const candidates = await findCandidates(asker, index, now);
  if (!candidates.ok) return candidates.error;
  const repository = index.repository(path);
  if (repository === undefined) return { kind: 'Refused', message: `there is no repository ${path}` };
  // As in a session: who acts is settled when the repository is named, before any ref is known.
  const chosen = chooseCandidate(candidates.value, action === 'Read' ? 'Read' : 'Write', repository);
  if (chosen === undefined) return { kind: 'Refused', message: 'the key stands for nobody' };
  const { identity } = chosen.candidate;
  const decision = decide(identity, action, repository, ref);
  const hangsOnRef = decision.allow && ref === undefined && isNarrowed(identity, action, repository);
  return { kind: 'Decided', decision, who: formatIdentity(identity), hangsOnRef };
}

/** Whether a rule for refs may refuse what the role allows. To open a push is to create or update something. */
function isNarrowed(identity: Identity, action: Action, repository: RepositoryRules): boolean {
  if (action === 'Read') return false;
  const actions = action === 'Write' ? (['Create', 'Update'] as const) : [action];
  const rules = permissionOf(identity, repository)?.refRules ?? [];
  return rules.some((rule) => rule.effect === 'Deny' && actions.some((each) => rule.actions.includes(each)));
}

function formatDecision({ decision, who, hangsOnRef }: Answer & { kind: 'Decided' }): readonly string[] {
  if (!decision.allow) return [`denied: ${decision.message}`, `  ${who}, by ${decision.rule}`];
  const warning = decision.warning === undefined ? [] : [`  with the warning: ${decision.warning}`];
  const advice = hangsOnRef ? ['  by role; rules depend on the ref: name one, such as refs/heads/main'] : [];
  return ['allowed', `  ${who}, by ${decision.rule}`, ...warning, ...advice];
}
