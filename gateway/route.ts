import type { Identity } from '../core/access/identity.ts';
import { type Permission, permissionOf } from '../core/access/permission.ts';
import type { RuleRef } from '../core/access/rule-ref.ts';
import type { GitCommand, GitVerb } from '../core/git/command.ts';
import type { AccessIndex } from '../core/index/access-index.ts';
import { type Candidate, chooseCandidate } from '../core/index/candidates.ts';
import type { RepositoryEntry } from '../core/index/entry.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { CommandRefusal } from './events.ts';

/** Where a command leads, and as whom. */
export type Route = {
  readonly verb: GitVerb;
  readonly repository: RepositoryEntry;
  readonly candidate: Candidate;
  readonly permission: Permission;
  readonly rule: RuleRef;
};

export type Refusal = {
  readonly reason: CommandRefusal;
  /** For the user. */
  readonly told: string;
  readonly exitStatus: number;
  /** For the audit log alone. */
  readonly path?: string;
  readonly identity?: Identity;
  readonly rule?: RuleRef;
  /** Of a fault of ours. */
  readonly cause?: unknown;
};

/** Decides a command. Absent and forbidden repositories get one and the same message, and differ in `reason` alone. */
export function routeCommand(
  { verb, path }: GitCommand,
  candidates: readonly Candidate[],
  index: AccessIndex,
): Result<Route, Refusal> {
  const notFound = `repository "${path}" does not exist, or you have no access to it`;
  const repository = index.repository(path);
  if (repository === undefined) return err({ reason: 'NotFound', told: notFound, exitStatus: 1, path });
  const chosen = chooseCandidate(candidates, verb === 'receive-pack' ? 'Write' : 'Read', repository);
  const permission = chosen && permissionOf(chosen.candidate.identity, repository);
  if (chosen === undefined || permission === undefined || !chosen.decision.allow) {
    const denied = chosen === undefined || chosen.decision.allow ? undefined : chosen.decision;
    const reason = denied?.reason ?? 'NoGrant';
    const told = reason === 'NoGrant' || denied === undefined ? notFound : `${denied.message} (${denied.rule})`;
    const identity = chosen && { identity: chosen.candidate.identity };
    const rule = denied && { rule: denied.rule };
    return err({ reason, told, exitStatus: 1, path, ...identity, ...rule });
  }
  return ok({ verb, repository, candidate: chosen.candidate, permission, rule: chosen.decision.rule });
}
