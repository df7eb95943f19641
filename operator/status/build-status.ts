import type { Condition } from '../../core/api/condition.ts';
import type { Finding } from '../../core/index/findings.ts';
import { pathOf } from '../../core/index/path-claim.ts';
import { fingerprintOfHash, keyHash } from '../../core/ssh/fingerprint.ts';
import { parsePublicKeyLine } from '../../core/ssh/public-key.ts';
import type { ObservedObject } from '../observed-object.ts';
import { assertionsOf, type Progress } from './assertions.ts';
import { buildConditions } from './conditions.ts';

/** All that the status of an object says, beside the conditions' own history. */
export type StatusFacts = {
  /** What is found of it at this moment. */
  readonly finding: Finding;
  readonly progress: Progress;
  /** Of a GitUser: how many SSHKeys log this person in. */
  readonly keys: number;
  /** `HOST` or `HOST:PORT`; the first of the installation's names. */
  readonly hostName: string | undefined;
};

export type Status = { readonly conditions: readonly Condition[]; readonly [field: string]: unknown };

/**
 * What a merge patch of an object's status has to say (RFC 7396: null takes a field away). Undefined: the status is as it
 * should be. `now`: milliseconds since 1970.
 */
export function planStatus(observed: ObservedObject, facts: StatusFacts, now: number): Status | undefined {
  const before = parseStatus(observed.status);
  const { kind, generation, resource } = observed;
  const isSuspended = resource?.kind === 'GitUser' && resource.spec.suspended;
  const assertions = assertionsOf(kind, facts.finding, facts.progress, { isSuspended, keys: facts.keys });
  // The API server keeps no fraction of a second in a condition's time.
  const time = `${new Date(now).toISOString().slice(0, 19)}Z`;
  const status = {
    ...fieldsOf(observed, facts),
    conditions: buildConditions(assertions, before.conditions, generation, time),
  };
  if (isSame(status, before)) return undefined;
  const gone = Object.keys(before).filter((field) => !Object.hasOwn(status, field));
  return { ...Object.fromEntries(gone.map((field) => [field, null])), ...status };
}

function fieldsOf({ resource }: ObservedObject, { finding, keys, hostName }: StatusFacts): Record<string, unknown> {
  switch (resource?.kind) {
    case undefined:
      return {};
    case 'GitUser':
      return { keys };
    case 'SSHKey': {
      const parsed = parsePublicKeyLine(resource.spec.publicKey);
      return parsed.ok ? { fingerprint: fingerprintOfHash(keyHash(parsed.value.blob)) } : {};
    }
    case 'Repository':
      // Of a Repository that is refused, the URL would lead to another one, which has its path.
      return hostName === undefined || finding.reason !== 'Accepted'
        ? {}
        : { url: `ssh://git@${hostName}/${pathOf(resource)}` };
  }
}

export function parseStatus(text: string): Status {
  const status: Partial<Status> = text === '' ? {} : JSON.parse(text);
  return { ...status, conditions: status.conditions ?? [] };
}

/** The order of fields, which the API server changes, is no difference. */
const isSame = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, field: unknown) =>
    typeof field === 'object' && field !== null && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );
