import type { StoredObject } from './kubernetes-object.ts';

/** The spec of a coordination.k8s.io/v1 Lease, as leader election uses it. */
export type LeaseRecord = {
  /** '' when nobody holds it. */
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  /** RFC 3339 with microseconds; for people alone: clocks differ, and may jump. */
  readonly acquireTime: string;
  readonly renewTime: string;
  /** How often it went to another holder. */
  readonly leaseTransitions: number;
};

/** When we first saw the Lease in its present version, on our own steady clock in milliseconds. */
export type Observation = { readonly resourceVersion: string; readonly at: number };

export function parseLease({ spec }: StoredObject): LeaseRecord {
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions } = (spec ?? {}) as {
    readonly [Field in keyof LeaseRecord]?: unknown;
  };
  return {
    holderIdentity: typeof holderIdentity === 'string' ? holderIdentity : '',
    leaseDurationSeconds: typeof leaseDurationSeconds === 'number' ? leaseDurationSeconds : 0,
    acquireTime: typeof acquireTime === 'string' ? acquireTime : '',
    renewTime: typeof renewTime === 'string' ? renewTime : '',
    leaseTransitions: typeof leaseTransitions === 'number' ? leaseTransitions : 0,
  };
}

/**
 * Whether `identity` may take the Lease: nobody holds it, it holds it itself, or it has not been renewed for as long as
 * its holder said, counted from when we saw it change last. Only our own clock plays a part.
 */
export function mayTakeLease(
  record: LeaseRecord,
  observation: Observation,
  { identity, now }: { readonly identity: string; readonly now: number },
): boolean {
  if (record.holderIdentity === '' || record.holderIdentity === identity) return true;
  return now >= observation.at + record.leaseDurationSeconds * 1_000;
}

/** The record of a Lease that `identity` takes or renews. `wallNow` is in milliseconds since 1970. */
export function buildLeaseRecord(
  before: LeaseRecord | undefined,
  { identity, durationSeconds, wallNow }: { identity: string; durationSeconds: number; wallNow: number },
): LeaseRecord {
  const time = formatMicroTime(wallNow);
  const isRenewal = before?.holderIdentity === identity;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: durationSeconds,
    acquireTime: isRenewal && before.acquireTime !== '' ? before.acquireTime : time,
    renewTime: time,
    leaseTransitions: before === undefined ? 0 : before.leaseTransitions + (isRenewal ? 0 : 1),
  };
}

/** What a holder leaves behind, so that the next one need not wait: as client-go does it. */
export const buildReleasedRecord = (held: LeaseRecord, wallNow: number): LeaseRecord => ({
  ...held,
  holderIdentity: '',
  leaseDurationSeconds: 1,
  acquireTime: formatMicroTime(wallNow),
  renewTime: formatMicroTime(wallNow),
});

/** metav1.MicroTime: the API server takes no other form. */
export const formatMicroTime = (wallNow: number): string => new Date(wallNow).toISOString().replace('Z', '000Z');
