/** A structural schema, as CustomResourceDefinitions have it (apiextensions.k8s.io/v1, JSONSchemaProps); what we use of it. */
export type StructuralSchema = StructuralPart & {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly description?: string;
  readonly format?: 'date-time' | 'int64';
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly items?: StructuralSchema;
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly required?: readonly string[];
};

/** What single checks add to a schema. */
export type StructuralPart = {
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  /** In characters, that is code points. */
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-validations'?: readonly Validation[];
};

/** A rule in CEL. */
export type Validation = { readonly rule: string; readonly message: string; readonly fieldPath?: string };
