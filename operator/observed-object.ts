import type { Metadata } from '../core/api/metadata.ts';
import { formatProblem } from '../core/api/problem.ts';
import { type Kind, parseSpec, type Resource } from '../core/api/resource.ts';
import type { Finding } from '../core/index/findings.ts';
import type { StoredObject } from '../kubernetes/kubernetes-object.ts';

/** What the operator keeps of an object that people wrote. */
export type ObservedObject = {
  readonly kind: Kind;
  readonly metadata: Metadata;
  readonly generation: number;
  readonly resourceVersion: string;
  /** Absent while the object is being deleted, whatever holds it up, and if it is not well-formed. */
  readonly resource?: Resource;
  /** Why it is not well-formed: an older or newer CRD let it in. */
  readonly fault?: Finding;
  /** Its storage and its status are frozen; what it grants is not. */
  readonly isPaused: boolean;
  readonly isDeleting: boolean;
  /** As JSON, which takes a fraction of the memory. */
  readonly status: string;
};

const maxProblems = 20;

/** Set by people on objects that the operator shall leave alone. */
export const pausedAnnotation = 'gitingress.dev/paused';

/** Never throws: what somebody wrote is a finding of that object alone. */
export const observe =
  (kind: Kind) =>
  ({ metadata: raw, spec, status }: StoredObject, held?: ObservedObject): ObservedObject => {
    const { name, namespace = '', uid, resourceVersion, generation = 0 } = raw;
    const createdAt = Date.parse(raw.creationTimestamp ?? '');
    const metadata: Metadata = { namespace, name, uid, ...(Number.isFinite(createdAt) && { createdAt }) };
    const isDeleting = raw.deletionTimestamp !== undefined;
    const isPaused = raw.annotations?.[pausedAnnotation] === 'true';
    const common = { kind, metadata, generation, resourceVersion, isPaused, isDeleting };
    const observed = { ...common, status: status === undefined ? '' : JSON.stringify(status) };
    if (isDeleting) return observed;
    // The same spec is the same value: whatever depends on it need not be judged again when a status was written.
    if (held?.metadata.uid === uid && held.generation === generation && held.resource !== undefined) {
      return { ...observed, resource: held.resource };
    }
    const parsed = parseSpec(kind, name, spec ?? {});
    if (!parsed.ok) {
      const message = `${parsed.error.slice(0, maxProblems).map(formatProblem).join('; ')}; the object was stored under another version of its CustomResourceDefinition: apply it again`;
      return { ...observed, fault: { reason: 'Invalid', message } };
    }
    return { ...observed, resource: { kind, metadata, spec: parsed.value } as Resource };
  };
