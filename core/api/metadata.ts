import * as z from 'zod';

export const apiVersion = 'gitingress.dev/v1alpha1';

/** A DNS label or subdomain (RFC 1123), as Kubernetes wants names of objects. */
export const objectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, {
    error: 'must be lower-case letters, digits, "-" and ".", and begin and end with a letter or digit',
  });

export const namespaceName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, {
    error: 'must be lower-case letters, digits and "-", and begin and end with a letter or digit',
  });

/** Texts by name. zod would drop the name `__proto__` in silence; Kubernetes has no such name either. */
const textsByName = (text: z.ZodString) =>
  z
    .unknown()
    .refine((value) => typeof value !== 'object' || value === null || !Object.hasOwn(value, '__proto__'), {
      path: ['__proto__'],
      error: 'a name must begin with a letter or digit: choose another one',
    })
    .pipe(z.record(z.string().max(317), text));

/**
 * What people write, and what `kubectl get -o yaml` prints; unknown fields are refused, for they are typing errors.
 */
export const writtenMetadata = z.strictObject({
  name: objectName,
  namespace: namespaceName.optional(),
  labels: textsByName(z.string().max(63)).optional(),
  annotations: textsByName(z.string()).optional(),
  uid: z.string().max(64).optional(),
  creationTimestamp: z.string().max(40).nullish(),
  deletionTimestamp: z.string().max(40).nullish(),
  deletionGracePeriodSeconds: z.number().nullish(),
  resourceVersion: z.string().optional(),
  generation: z.number().optional(),
  generateName: z.string().optional(),
  selfLink: z.string().optional(),
  finalizers: z.array(z.string()).optional(),
  ownerReferences: z.array(z.unknown()).optional(),
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
