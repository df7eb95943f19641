import type { LeaseTiming } from '../../kubernetes/lease-file.ts';

/** Leader election as it is, in a fifth of the time. */
export const shortTiming: LeaseTiming = { durationMs: 3_000, renewDeadlineMs: 2_000, retryMs: 400 };
