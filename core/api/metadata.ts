import * as z from 'zod';
import { text } from './text.ts';
import { time } from './time.ts';

export const apiVersion = 'gitingress.dev/v1alpha1';

/** A DNS subdomain (RFC 1123), as Kubernetes wants names of objects. */
export const objectName = text(253).regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, {
  error: 'must be lower-case letters, digits, "-" and ".", and begin and end with a letter or digit',
});

/** A DNS label (RFC 1123). */
export const namespaceName = text(63).regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, {
  error: 'must be lower-case letters, digits and "-", and begin and end with a letter or digit',
});

/** `NAME` or `DNS-SUBDOMAIN/NAME`, as Kubernetes wants the names of labels, annotations and finalizers. */
const qualifiedName = z
  .string()
  .regex(/^(?:(?=[^/]{1,253}\/)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?[^/]+$/, {
    error: 'what is in front of "/" must be lower-case letters, digits, "-" and ".": example.com/name',
  })
  .regex(/^(?:[^/]*\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/, {
    error: 'a name has at most 63 letters, digits, "-", "_" and ".", and begins and ends with a letter or digit',
  });

/** Of annotations, Kubernetes looks at the name in lower case. */
const annotationName = z.string().check(
  z.superRefine((name, context) => {
    const parsed = qualifiedName.safeParse(name.toLowerCase());
    for (const { message } of parsed.error?.issues ?? []) context.addIssue(message);
  }),
);

const labelValue = z.string().regex(/^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/, {
  error: 'has at most 63 letters, digits, "-", "_" and ".", and begins and ends with a letter or digit',
});

/** Of all annotations of an object together, in bytes of names and values. */
const maxAnnotationBytes = 256 * 1024;

/**
 * Texts by name; null is an empty one. zod would drop the name `__proto__` in silence; Kubernetes has no such name either.
 */
const textsByName = (name: z.ZodString, value: z.ZodString) =>
  z
    .unknown()
    .refine((texts) => typeof texts !== 'object' || texts === null || !Object.hasOwn(texts, '__proto__'), {
      path: ['__proto__'],
      error: 'a name must begin with a letter or digit: choose another one',
    })
    .pipe(z.record(name, value.nullable()));

const annotations = textsByName(annotationName, z.string()).refine(
  (texts) =>
    Object.entries(texts)
      .flat()
      .reduce((sum, part) => sum + Buffer.byteLength(part ?? ''), 0) <= maxAnnotationBytes,
  { error: `must have at most ${maxAnnotationBytes} bytes in all` },
);

const ownerReference = z.strictObject({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  name: z.string().min(1),
  uid: z.string().min(1),
  controller: z.boolean().optional(),
  blockOwnerDeletion: z.boolean().optional(),
});

/**
 * What people write, and what `kubectl get -o yaml` prints; unknown fields are refused, for they are typing errors.
 */
export const writtenMetadata = z.strictObject({
  name: objectName,
  namespace: namespaceName.optional(),
  labels: textsByName(qualifiedName, labelValue).optional(),
  annotations: annotations.optional(),
  uid: z.string().max(64).optional(),
  creationTimestamp: time.optional(),
  deletionTimestamp: time.optional(),
  deletionGracePeriodSeconds: z.int().optional(),
  resourceVersion: z.string().optional(),
  generation: z.int().optional(),
  generateName: z.string().optional(),
  selfLink: z.string().optional(),
  finalizers: z.array(qualifiedName).optional(),
  ownerReferences: z.array(ownerReference).optional(),
  managedFields: z.array(z.unknown()).optional(),
});

/** What the system knows an object by. */
export type Metadata = {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Milliseconds since 1970; absent in a folder of manifests, where age plays no part. */
  readonly createdAt?: number;
};
