import type { AcceptedReason } from '../api/condition.ts';
import type { Resource } from '../api/resource.ts';
import type { Finding } from './compile.ts';

/** Collects one finding for each object while the kinds are compiled. */
export type Findings = Map<Resource, Finding>;

export function refuse(findings: Findings, resource: Resource, reason: AcceptedReason, message: string): void {
  findings.set(resource, { reason, message });
}

/** `notes`: what is accepted, but perhaps not what was meant. */
export function accept(findings: Findings, resource: Resource, notes: readonly string[] = []): void {
  findings.set(resource, { reason: 'Accepted', message: notes.join('; ') });
}
