/**
 * A rule between fields of one spec, which a schema of single fields cannot express. Kept apart from the schema, since
 * a refinement inside it would be lost when the schema is turned into that of a CustomResourceDefinition.
 */
export type SpecRule<Spec> = {
  /** The field that a message points at. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly holds: (spec: Spec) => boolean;
};
