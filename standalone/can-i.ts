import { readFile, stat } from 'node:fs/promises';
import { decide } from '../core/access/decide.ts';
import type { Decision } from '../core/access/decision.ts';
import { formatIdentity } from '../core/access/identity.ts';
import { sharedLoginName } from '../core/api/git-user.ts';
import { formatRef, type ObjectRef } from '../core/api/object-ref.ts';
import type { AccessIndex } from '../core/index/access-index.ts';
import { type Candidate, candidatesFor, chooseCandidate, type LoginRefusal } from '../core/index/candidates.ts';
import type { IndexPolicy } from '../core/index/policy.ts';
import { err, ok, type Result } from '../core/result.ts';
import { keyHash } from '../core/ssh/fingerprint.ts';
import { parsePublicKeyLine } from '../core/ssh/public-key.ts';
import { type ExitCode, exitCodes } from '../runtime/exit-codes.ts';
import { explainSystemError } from '../runtime/startup-error.ts';
import type { Asker, Question } from './can-i-question.ts';
import { createStandaloneIndex } from './index-source.ts';
import { readManifests } from './manifests/read-manifests.ts';

export type CanIOptions = {
  readonly question: Question;
  /** The folder of manifests. */
  readonly manifests: string;
  readonly policy: IndexPolicy;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly print: (line: string) => void;
  /** For what is no part of the answer. */
  readonly warn: (line: string) => void;
};

/** What came out: the decision and the rule behind it, or why there is none. */
type Answer =
  | { readonly kind: 'Decided'; readonly decision: Decision; readonly who: string }
  /** Refused before anything is decided: at login, or because there is no such repository. */
  | { readonly kind: 'Refused'; readonly message: string }
  | { readonly kind: 'Unknown'; readonly message: string };

/**
 * `git-ingress can-i`: what would happen, by the very code of the gateway and of the hooks. Good: allowed; failed:
 * denied; unknown: could not tell.
 */
export async function canI({ question, manifests: folder, policy, now, print, warn }: CanIOptions): Promise<ExitCode> {
  const manifests = await readManifests(folder);
  if (!manifests.isCurrent) {
    warn(`the manifests ${manifests.problems[0]?.file} ${manifests.problems[0]?.message}`);
    return exitCodes.unknown;
  }
  if (manifests.problems.length > 0) warn(`some manifests have problems, see: git-ingress check ${folder}`);
  const source = createStandaloneIndex(policy, () => 0);
  source.update(manifests.resources);
  const answer = source.current === undefined ? empty : await find(question, source.current, now);
  switch (answer.kind) {
    case 'Unknown':
      warn(`could not tell: ${answer.message}`);
      return exitCodes.unknown;
    case 'Refused':
      print(`denied: ${answer.message}`);
      return exitCodes.failed;
    case 'Decided':
      for (const line of formatDecision(answer.decision, answer.who)) print(line);
      return answer.decision.allow ? exitCodes.good : exitCodes.failed;
  }
}

const empty: Answer = { kind: 'Unknown', message: 'there are no objects in the manifests' };

async function find(question: Question, index: AccessIndex, now: number): Promise<Answer> {
  const { action, path, ref, asker } = question;
  const candidates = asker.kind === 'User' ? userCandidates(asker.user, index) : await keyCandidates(asker, index, now);
  if (!candidates.ok) return candidates.error;
  const repository = index.repository(path);
  if (repository === undefined) return { kind: 'Refused', message: `there is no repository ${path}` };
  // As in a session: who acts is settled when the repository is named, before any ref is known.
  const chosen = chooseCandidate(candidates.value, action === 'Read' ? 'Read' : 'Write', repository);
  if (chosen === undefined) return { kind: 'Refused', message: 'the key stands for nobody' };
  const { identity } = chosen.candidate;
  const decision = decide(identity, action, repository, ref);
  const who = formatIdentity(identity);
  return { kind: 'Decided', decision, who };
}

function userCandidates(ref: ObjectRef, index: AccessIndex): Result<readonly Candidate[], Answer> {
  const user = index.user(ref);
  if (user === undefined) return err({ kind: 'Unknown', message: `there is no accepted GitUser ${formatRef(ref)}` });
  if (user.suspended) return err({ kind: 'Refused', message: `GitUser ${formatRef(ref)} is suspended` });
  return ok([{ identity: { kind: 'User', user: ref, groups: user.groups, access: 'ReadWrite' } }]);
}

async function keyCandidates(
  { file, loginName = sharedLoginName, address = '' }: Asker & { kind: 'Key' },
  index: AccessIndex,
  now: number,
): Promise<Result<readonly Candidate[], Answer>> {
  const line = await readKeyFile(file);
  const key = line.ok ? parsePublicKeyLine(line.value) : line;
  if (!key.ok) return err({ kind: 'Unknown', message: `${file}: ${key.error}` });
  const candidates = candidatesFor(index, { keyHash: keyHash(key.value.blob), loginName, address, now });
  return candidates.ok ? candidates : err(explainRefusal(candidates.error, address));
}

const maxKeyFileBytes = 64 * 2 ** 10;

async function readKeyFile(file: string): Promise<Result<string, string>> {
  try {
    const { size } = await stat(file);
    if (size > maxKeyFileBytes) return err('is too large for a public key');
    return ok(await readFile(file, 'utf8'));
  } catch (error) {
    return err(explainSystemError(error));
  }
}

function explainRefusal(refusal: LoginRefusal, address: string): Answer {
  switch (refusal) {
    case 'UnknownKey':
      return { kind: 'Unknown', message: 'no accepted SSHKey lists this key' };
    case 'WrongLoginName':
      return {
        kind: 'Refused',
        message: 'nobody of that name has this key; users who share one log in by --login NAME',
      };
    case 'SourceAddress':
      if (address === '') return { kind: 'Unknown', message: 'the key holds for some addresses only: give --address' };
      return { kind: 'Refused', message: `the key does not hold for ${address}` };
    case 'NotYetValid':
      return { kind: 'Refused', message: 'the key does not hold yet (spec.notBefore)' };
    case 'Expired':
      return { kind: 'Refused', message: 'the key has expired (spec.expiresAt)' };
    case 'Suspended':
      return { kind: 'Refused', message: "the key's user is suspended" };
    case 'UserGone':
      return { kind: 'Refused', message: "the key's user does not exist" };
  }
}

function formatDecision(decision: Decision, who: string): readonly string[] {
  if (!decision.allow) return [`denied: ${decision.message}`, `  ${who}, by ${decision.rule}`];
  const warning = decision.warning === undefined ? [] : [`  with the warning: ${decision.warning}`];
  return ['allowed', `  ${who}, by ${decision.rule}`, ...warning];
}
