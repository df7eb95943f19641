import { readFileSync } from 'node:fs';

/** How much kube-apiserver notes of each request. */
export type AuditLevel = 'Metadata' | 'Request' | 'RequestResponse';

/** What kube-apiserver noted of a request: audit.k8s.io/v1 Event, as far as tests look at it. */
export type AuditEvent = {
  /** A watch has two: one when it began, one when it ended. */
  readonly stage: 'ResponseStarted' | 'ResponseComplete' | 'Panic';
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string; readonly groups: readonly string[] };
  readonly userAgent?: string;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number; readonly reason?: string };
  readonly requestObject?: unknown;
  readonly responseObject?: unknown;
};

/** The file of `--audit-policy-file`. */
export const auditPolicy = (level: AuditLevel): string =>
  JSON.stringify({
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    omitManagedFields: true,
    rules: [{ level }],
  });

/** All events of an audit log, but for a line that is being written. */
export function readAuditLog(file: string): readonly AuditEvent[] {
  const text = readFileSync(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditEvent);
}
