import type { ApiClient } from './api-client.ts';
import type { StoredObject } from './kubernetes-object.ts';
import { buildLeaseRecord, buildReleasedRecord, type LeaseRecord, parseLease } from './lease-record.ts';
import type { ObjectName, ResourceType } from './resource-type.ts';

export const leaseType: ResourceType = {
  ...{ group: 'coordination.k8s.io', version: 'v1', plural: 'leases', kind: 'Lease', namespaced: true },
};

export type LeaseTiming = {
  /** How long others wait after the last renewal that they saw. */
  readonly durationMs: number;
  /** How long the leader leads after its last renewal. Shorter: what it wrote last must have arrived before another leads. */
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
};

/** The Lease as we wrote it last, which gives the resource version for the next time. */
export type HeldLease = {
  readonly object: StoredObject;
  /** Of the steady clock: before the request was sent. Others count from a later moment. */
  readonly askedAt: number;
};

/** One Lease, as one candidate reads and writes it. Each write holds only over the version that it was made from. */
export type LeaseFile = {
  readonly identity: string;
  read(): Promise<StoredObject | undefined>;
  create(): Promise<HeldLease>;
  renew(before: StoredObject): Promise<HeldLease>;
  release(held: StoredObject): Promise<void>;
};

export function createLeaseFile(options: {
  readonly client: ApiClient;
  readonly lease: ObjectName;
  readonly identity: string;
  readonly timing: LeaseTiming;
}): LeaseFile {
  const { client, lease, identity, timing } = options;
  // Of one deadline for renewal, there must be time for a second attempt.
  const deadlineMs = timing.renewDeadlineMs / 2;
  const writing = { fieldManager: 'leader-election', deadlineMs };

  const build = (before: LeaseRecord | undefined): LeaseRecord =>
    buildLeaseRecord(before, { identity, durationSeconds: timing.durationMs / 1_000, wallNow: Date.now() });

  return {
    identity,
    read: () => client.get(leaseType, lease, { deadlineMs }),
    async create() {
      const askedAt = performance.now();
      return { object: await client.create(leaseType, { metadata: lease, spec: build(undefined) }, writing), askedAt };
    },
    async renew(before) {
      const askedAt = performance.now();
      const written = { metadata: before.metadata, spec: build(parseLease(before)) };
      return { object: await client.replace(leaseType, written, writing), askedAt };
    },
    async release(held) {
      const spec = buildReleasedRecord(parseLease(held), Date.now());
      await client.replace(leaseType, { metadata: held.metadata, spec }, writing);
    },
  };
}
