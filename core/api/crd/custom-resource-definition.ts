import type * as z from 'zod';
import { apiVersion } from '../metadata.ts';
import type { ObjectRule } from '../object-rule.ts';
import { validationOf } from '../rule.ts';
import type { StructuralSchema } from '../structural.ts';
import { buildStructuralSchema } from './structural-schema.ts';

/** A column of `kubectl get`. Those of priority 1 are shown with `-o wide` alone. */
export type Column = {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'date';
  readonly jsonPath: string;
  readonly priority?: 1;
};

/** What a CustomResourceDefinition is made of. */
export type KindDefinition = {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly spec: z.ZodType;
  /** Makes `/status` a subresource. */
  readonly status?: z.ZodType;
  readonly rules?: readonly Omit<ObjectRule<never>, 'holds'>[];
  readonly columns: readonly Column[];
  readonly selectableFields?: readonly string[];
};

const [group = '', version = ''] = apiVersion.split('/');

/** A document of apiextensions.k8s.io/v1. */
export function buildCustomResourceDefinition(definition: KindDefinition) {
  const { kind, plural, shortNames, categories, status, columns, selectableFields } = definition;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        ...(shortNames && { shortNames }),
        ...(categories && { categories }),
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: buildObjectSchema(definition) },
          ...(status && { subresources: { status: {} } }),
          additionalPrinterColumns: columns,
          ...(selectableFields && { selectableFields: selectableFields.map((jsonPath) => ({ jsonPath })) }),
        },
      ],
    },
  };
}

function buildObjectSchema({ kind, spec, status, rules = [] }: KindDefinition): StructuralSchema {
  const specSchema = buildStructuralSchema(spec, `${kind}.spec`);
  // What may be left out has only defaults, and gets them.
  const isOptional = spec.safeParse({}).success;
  return {
    type: 'object',
    ...(specSchema.description !== undefined && { description: specSchema.description }),
    ...(!isOptional && { required: ['spec'] }),
    properties: {
      // The name's bound is what lets an API server estimate the cost of rules about it.
      metadata: { type: 'object', properties: { name: { type: 'string', maxLength: 253 } } },
      spec: { ...specSchema, ...(isOptional && { default: {} }) },
      ...(status && { status: buildStructuralSchema(status, `${kind}.status`) }),
    },
    ...(rules.length > 0 && { 'x-kubernetes-validations': rules.map(validationOf) }),
  };
}
